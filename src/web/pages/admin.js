// The administration pages.

import {allApiKeys} from "./_admin/api_keys.js";
import {audit} from "./_admin/audit.js";
import {client} from "./_admin/client.js";
import {clients} from "./_admin/clients.js";
import {invitations} from "./_admin/invitations.js";
import {keys} from "./_admin/keys.js";
import {mail} from "./_admin/mail.js";
import {overview} from "./_admin/overview.js";
import {resources} from "./_admin/resources.js";
import {roles} from "./_admin/roles.js";
import {settings} from "./_admin/settings.js";
import {user} from "./_admin/user.js";
import {users} from "./_admin/users.js";
import {webhooks} from "./_admin/webhooks.js";
