// Starts an episode as MiniWoB's own driver does, and tells the harness its instruction and its first end.
addEventListener("load", async () => {
  const { number, seed, limit_s } = JSON.parse(document.getElementById("deixis-episode").textContent);
  const tell = content => {
    const request = new XMLHttpRequest();
    request.open("POST", `/deixis/told/${number}`, false);  // an end is known before the click that caused it is over
    request.setRequestHeader("Content-Type", "application/json");
    request.send(JSON.stringify(content));
  };
  const ready = () => typeof WOB_TASK_READY === "undefined" || WOB_TASK_READY;
  const end = core.endEpisode;
  core.endEpisode = (...how) => {
    end(...how);
    if (WOB_DONE_GLOBAL) tell({ raw_reward: WOB_RAW_REWARD_GLOBAL, reward: WOB_REWARD_GLOBAL, reason: String(WOB_REWARD_REASON ?? "") });
  };
  core.EPISODE_MAX_TIME = limit_s * 1000;
  Math.seedrandom(seed);
  core.startEpisodeReal();
  while (!ready()) await new Promise(later => setTimeout(later, 50));
  const said = core.getUtterance();
  tell({ utterance: typeof said === "string" ? said : said.utterance });
});
