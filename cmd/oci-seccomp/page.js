(function () {
  "use strict";
  var find = document.querySelector(".find"), box = find.querySelector("input");
  var shown = find.querySelector("output"), nothing = document.querySelector(".nothing");
  var buttons = Array.from(document.querySelectorAll(".counts button"));
  var sections = Array.from(document.querySelectorAll("section"));
  var rows = Array.from(document.querySelectorAll(".row"));
  var texts = rows.map(function (row) { return row.textContent.toLowerCase(); });

  function apply() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean), count = 0;
    var pressed = buttons.find(function (button) { return button.getAttribute("aria-pressed") === "true"; });
    rows.forEach(function (row, i) {
      var fits = words.every(function (word) { return texts[i].includes(word); }) &&
        (!pressed || row.dataset.tone === pressed.dataset.tone);
      row.hidden = !fits;
      count += fits;
    });
    sections.forEach(function (section) {
      section.hidden = !section.querySelector(".row:not([hidden])");
    });
    nothing.hidden = count > 0;
    shown.textContent = count + " of " + rows.length;
  }
  buttons.forEach(function (button) {
    button.addEventListener("click", function () {
      var press = button.getAttribute("aria-pressed") !== "true";
      buttons.forEach(function (other) { other.setAttribute("aria-pressed", String(press && other === button)); });
      apply();
    });
  });
  box.addEventListener("input", apply);
  box.value = new URLSearchParams(location.search).get("q") || "";
  find.hidden = false;
  apply();
})();
