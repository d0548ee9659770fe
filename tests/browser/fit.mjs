// Shared by the flows that look whether a page fits on the smallest screen.
import {world} from "./world.mjs";

const WIDTH = 320;
export const SMALL = {viewport: {width: WIDTH, height: 640}};

export const speak = (page, tag) =>
  page.context().addCookies([{name: "authd_ui", value: `lang:${tag}`, url: world.base}]);

export async function open(page, path) {
  await page.goto(path);
  await page.locator("main:not([aria-busy]) h1").waitFor();
}

// As a link leads there: without another load of the document, which takes many times as long.
export async function goOn(page, path) {
  await page.evaluate((address) => {
    history.pushState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
  await page.locator("main:not([aria-busy]) h1").waitFor();
}

// What is beyond the screen or cut off. A table and a row of tabs may be moved sideways; what is for
// screen readers, and what is shortened to some lines, is smaller than its text.
export const misfits = (page) =>
  page.evaluate((width) => {
    const said = (one) => `${one.outerHTML.slice(0, 160)} in ${location.pathname}`;
    const shown = [...document.querySelectorAll("body *")].filter(
      (one) =>
        one.checkVisibility() &&
        !one.closest(".side, .tabs, .table, .unseen, .skip, .cut-off, thead, svg"),
    );
    const isBeyond = (one) => {
      const {left, right} = one.getBoundingClientRect();
      return right > width + 0.5 || left < -0.5;
    };
    const isCut = (one) =>
      getComputedStyle(one).overflowX !== "visible" &&
      !["INPUT", "TEXTAREA"].includes(one.tagName) &&
      one.clientWidth > 1 && // only for screen readers
      one.scrollWidth > one.clientWidth + 1;
    const page = document.documentElement.scrollWidth;
    return [
      ...(page > width ? [`${location.pathname} is ${page} px wide`] : []),
      ...shown.filter(isBeyond).map((one) => `beyond the screen: ${said(one)}`),
      ...shown.filter(isCut).map((one) => `cut off: ${said(one)}`),
    ];
  }, WIDTH);
