// An application whose host never gets the session cookie sends people back here, and this page,
// where they are signed in, sends them to the application: without end, unless somebody counts.
// A cookie of a few seconds counts; pages keep nothing in a browser's storage.

const SECONDS = 10;
const TIMES = 3;

// Notes that the page is about to send somebody who is already signed in to the address. True if it
// has done so several times within seconds: they have just come back.
export function goesRound(address) {
  const target = new URL(address, location.origin);
  if (target.origin === location.origin) return false;
  const name = `authd_left_for_${target.host.replace(/[^a-z0-9]/g, "_")}`;
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
  const times = Number(found?.split("=")[1]) || 0;
  const is_round = times >= TIMES;
  // After the explanation the counting begins again.
  const life = is_round ? 0 : SECONDS;
  document.cookie = `${name}=${times + 1}; Path=/; Max-Age=${life}; SameSite=Lax`;
  return is_round;
}
