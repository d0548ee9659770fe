// The account pages.

import {activity} from "./_account/activity.js";
import {apiKeys} from "./_account/api_keys.js";
import {apps} from "./_account/apps.js";
import {personalData} from "./_account/data.js";
import {linked} from "./_account/linked.js";
import {profile} from "./_account/profile.js";
import {security} from "./_account/security.js";
import {sessions} from "./_account/sessions.js";
