// Sends the only form of a plain page (src/web/plain_page.h) on its way.
document.forms[0].submit();
