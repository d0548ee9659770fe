const system = "system-ui, sans-serif"; // Nothing is loaded from elsewhere, fonts neither.
Redoc.init(
  "/openapi.json",
  {
    hideDownloadButton: false,
    nativeScrollbars: true,
    theme: {typography: {fontFamily: system, headings: {fontFamily: system}}},
  },
  document.getElementById("api"),
);
