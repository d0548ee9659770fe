// The tab "API keys" of an account: what programs act for it with.

import {apiKeyList} from "../../_account/api_keys.js";
import {t} from "../../_account/core.js";
import {panel} from "../../_account/layout.js";

export async function keysTab({base}) {
  const keys = apiKeyList(`${base}/api-keys`);
  await keys.draw();
  return panel(t("api_keys.title"), keys.element);
}
