"use strict";
// Before anything is drawn: the theme that was chosen here, else the system's.
(function () {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = window.localStorage.getItem("mcugen-theme");
  } catch (_) {
    // Pages opened from disk may have no storage: the choice then lasts as long as the page.
  }
  function apply() {
    root.dataset.theme = chosen || (system.matches ? "dark" : "light");
  }
  system.addEventListener("change", apply);
  // Paper is white.
  window.addEventListener("beforeprint", () => { root.dataset.theme = "light"; });
  window.addEventListener("afterprint", apply);
  apply();
  window.mcugenToggleTheme = function () {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    try {
      window.localStorage.setItem("mcugen-theme", chosen);
    } catch (_) {
      // See above.
    }
    apply();
  };
})();
