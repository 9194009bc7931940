"use strict";
(() => {
  const player = new Audio();
  const status = document.getElementById("player");
  let current = null;
  let until = Infinity;
  const say = (text) => { status.textContent = text; status.hidden = text === ""; };
  const stop = () => {
    player.pause();
    if (current) { current.classList.remove("playing"); current.lastChild.data = "Play"; }
    current = null;
  };
  player.addEventListener("timeupdate", () => { if (player.currentTime >= until) { stop(); say(""); } });
  player.addEventListener("ended", () => { stop(); say(""); });
  for (const link of document.querySelectorAll("a.play")) {
    link.setAttribute("role", "button");
    const act = (event) => {
      event.preventDefault();
      if (current === link) { stop(); say(""); return; }
      stop();
      const [file, range] = link.getAttribute("href").split("#t=");
      const [from, to] = range.split(",").map(Number);
      until = to;
      current = link;
      link.classList.add("playing");
      link.lastChild.data = "Stop";
      const failed = () => { if (current === link) { stop(); say("The sound is not beside this page: open it in the folder of the record."); } };
      player.onerror = failed;
      player.src = file + "#t=" + from;
      player.onloadedmetadata = () => { player.currentTime = from; };
      player.play().then(() => say(""), failed);
    };
    link.addEventListener("click", act);
    link.addEventListener("keydown", (event) => { if (event.key === " ") act(event); });
  }
})();
