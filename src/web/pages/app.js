// The pages' core and the sign-in pages. Those of the account and of administration are loaded when
// they are first opened.

import "./_core/dialog.js";
import {start} from "./_core/router.js";
import {consent} from "./_signin/consent.js";
import {device} from "./_signin/device.js";
import {enroll, recover} from "./_signin/enroll.js";
import {emailLink, magicLink} from "./_signin/links.js";
import {forgot, reset} from "./_signin/recovery.js";
import {signIn} from "./_signin/sign_in.js";
import {signOutPage} from "./_signin/sign_out.js";
import {invite, setUp, signUp} from "./_signin/sign_up.js";

start({
  signIn,
  signUp,
  invite,
  forgot,
  reset,
  recover,
  enroll,
  emailLink,
  magicLink,
  setUp,
  signOutPage,
  consent,
  device,
});
