"use strict";
(() => {
  const PAGE = 100;
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const browser = $("browser"), words = browser.dataset, table = $("rows");
  const make = (name, props, ...children) => {
    const node = Object.assign(document.createElement(name), props);
    node.append(...children);
    return node;
  };
  root.classList.add("js");

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = make("textarea", { value: text, className: "unseen" });
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button || button.classList.contains("copied")) return;
    const label = button.textContent;
    const done = await copy(button.dataset.copy);
    button.focus();
    button.textContent = $("live").textContent = done ? words.copied : words.failed;
    button.classList.toggle("copied", done);
    setTimeout(() => { button.textContent = label; button.classList.remove("copied"); $("live").textContent = ""; }, 1600);
  });

  addEventListener("beforeprint", () => document.querySelectorAll("main details").forEach((part) => { part.open = true; }));

  async function load() {
    const text = $("data").textContent;
    if (!("packed" in $("data").dataset)) return JSON.parse(text);
    const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
  }

  function explore(data) {
    const { finding, link } = data;
    const count = link.of.length;
    const fresh = { q: "", state: "", host: "", file: "", key: "", view: "links", sort: "", page: 1 };
    let now = { ...fresh };
    let shown = [];

    const rank = (texts) => {
      const order = texts.map((_, index) => index).sort((a, b) => (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : a - b));
      const ranks = new Int32Array(texts.length);
      order.forEach((index, place) => { ranks[index] = place; });
      return ranks;
    };
    const once = (build) => { let built; return () => (built ??= build()); };
    const ranks = { url: once(() => rank(finding.url)), file: once(() => rank(data.files)), answer: once(() => rank(data.answers)) };
    const hay = once(() => ({
      finding: finding.url.map((url, index) => `${url}\n${finding.to[index]}`.toLowerCase()),
      link: link.text.map((text, row) => `${data.files[link.file[row]]}:${link.line[row]}\n${text}`.toLowerCase()),
    }));
    const columns = [
      ["state", (row) => finding.section[link.of[row]] * 100 + finding.verdict[link.of[row]]],
      ["link", (row) => ranks.url()[link.of[row]]],
      ["place", (row) => ranks.file()[link.file[row]] * 1e7 + link.line[row]],
      ["answer", (row) => ranks.answer()[finding.answer[link.of[row]]]],
      ["days", (row) => finding.days[link.of[row]]],
    ];
    const titles = words.columns.split("|");

    function matching() {
      const tokens = now.q.toLowerCase().split(/\s+/).filter(Boolean);
      const section = data.sections.findIndex(([name]) => name === now.state);
      const host = data.hosts.indexOf(now.host), file = data.files.indexOf(now.file);
      const rows = [];
      for (let row = 0; row < count; row++) {
        const of = link.of[row];
        if (section >= 0 && finding.section[of] !== section) continue;
        if (now.host && finding.host[of] !== host) continue;
        if (now.file && link.file[row] !== file) continue;
        if (now.key && !now.key.startsWith(finding.key[of])) continue;
        if (tokens.length && !tokens.every((token) => hay().finding[of].includes(token) || hay().link[row].includes(token))) continue;
        rows.push(row);
      }
      const [name, direction] = now.sort.split("-");
      const column = columns.find(([known]) => known === name);
      if (column && now.view === "links") {
        const values = new Float64Array(count);
        for (const row of rows) values[row] = column[1](row);
        const sign = direction === "down" ? -1 : 1;
        rows.sort((a, b) => sign * (values[a] - values[b]) || a - b);
      }
      return rows;
    }

    function grouped(rows, names, of) {
      const groups = new Map();
      for (const row of rows) {
        const group = groups.get(of(row)) ?? groups.set(of(row), { name: names[of(row)], total: 0, by: data.sections.map(() => 0) }).get(of(row));
        group.total++;
        group.by[finding.section[link.of[row]]]++;
      }
      return [...groups.values()].sort((a, b) => b.by[0] + b.by[1] - a.by[0] - a.by[1] || b.total - a.total || (a.name < b.name ? -1 : 1));
    }

    const linked = (url) => /^https?:\/\/[^\s/]/i.test(url) && !url.includes("<U+")
      ? make("a", { href: url, rel: "noopener noreferrer nofollow", target: "_blank", textContent: url, className: "url" })
      : make("span", { textContent: url });

    function linkRow(row) {
      const of = link.of[row], url = finding.url[of];
      const place = link.line[row] ? `${data.files[link.file[row]]}:${link.line[row]}` : data.files[link.file[row]];
      const self = make("a", { className: "self", href: `#link-${finding.key[of]}`, textContent: "#", ariaLabel: words.details.replace("{url}", url) });
      const target = make("td", {}, linked(url), " ", self);
      if (finding.to[of] && finding.to[of] !== url) target.append(make("small", {}, "→ ", linked(finding.to[of])));
      if (link.text[row]) target.append(make("small", {}, make("bdi", { textContent: link.text[row] })));
      target.append(make("small", { className: "narrow", textContent: place }));
      const alive = data.sections[finding.section[of]][0] === "fine";
      const answer = make("td", { className: "c-answer", textContent: data.answers[finding.answer[of]] });
      if (!alive) answer.append(make("small", { textContent: data.whys[finding.why[of]] }));
      return make("tr", {},
        make("td", { className: `c-state s-${data.sections[finding.section[of]][0]}`, textContent: data.verdicts[finding.verdict[of]] }),
        target,
        make("td", { className: "c-place", textContent: place }),
        answer,
        make("td", { className: "c-days", textContent: finding.days[of] < 0 ? "" : finding.days[of] }));
    }

    function linkHead() {
      return columns.map(([name], index) => {
        const button = make("button", { type: "button", textContent: titles[index] });
        button.onclick = () => go({ sort: now.sort === `${name}-up` ? `${name}-down` : `${name}-up` });
        const head = make("th", { scope: "col", className: `c-${name}` }, button);
        if (now.sort.startsWith(`${name}-`)) head.ariaSort = now.sort.endsWith("down") ? "descending" : "ascending";
        return head;
      });
    }

    const GROUP_COLUMNS = [[0, 1], [2], [3], [5]];
    function groupRow(group) {
      const button = make("button", { type: "button", textContent: group.name || "–" });
      button.onclick = () => go({ view: "links", [now.view === "hosts" ? "host" : "file"]: group.name });
      return make("tr", {}, make("td", {}, button), make("td", { className: "c-number", textContent: group.total }),
        ...GROUP_COLUMNS.map((of) => make("td", { className: "c-number", textContent: of.reduce((sum, index) => sum + group.by[index], 0) || "" })));
    }

    function groupHead() {
      const names = [words.total, words.broken, ...GROUP_COLUMNS.slice(1).map(([of]) => data.sections[of][1])];
      return [make("th", { scope: "col", textContent: now.view === "hosts" ? words.host : words.file }),
        ...names.map((name) => make("th", { scope: "col", className: "c-number", textContent: name }))];
    }

    function draw() {
      const rows = matching();
      shown = { links: () => rows, hosts: () => grouped(rows, data.hosts, (row) => finding.host[link.of[row]]), files: () => grouped(rows, data.files, (row) => link.file[row]) }[now.view]();
      const pages = Math.max(1, Math.ceil(shown.length / PAGE));
      now.page = Math.min(Math.max(1, now.page), pages);
      const start = (now.page - 1) * PAGE, slice = shown.slice(start, start + PAGE);
      const group = now.view !== "links";
      table.replaceChildren(table.caption,
        make("thead", {}, make("tr", {}, ...(group ? groupHead() : linkHead()))),
        make("tbody", {}, ...slice.map(group ? groupRow : linkRow)));
      const figures = { from: start + 1, to: start + slice.length, total: shown.length };
      $("range").textContent = slice.length ? words.range.replace(/\{(\w+)\}/g, (_, name) => figures[name].toLocaleString("en")) : words.nothing;
      const used = [now.state && data.sections.find(([name]) => name === now.state)?.[1], now.host, now.file, now.key, now.q].filter(Boolean);
      $("filtered").textContent = used.length ? `${words.filtered}: ${used.join(", ")}` : "";
      $("clear").hidden = !used.length;
      $("previous").disabled = now.page === 1;
      $("next").disabled = now.page === pages;
    }

    function go(change, keepHash) {
      now = { ...now, page: 1, ...change };
      if ("q" in change === false || $("query").value !== now.q) $("query").value = now.q;
      $("state").value = now.state;
      document.querySelector(`[name="view"][value="${now.view}"]`).checked = true;
      const kept = Object.entries(now).filter(([name, value]) => value !== fresh[name] && name !== "key");
      if (!keepHash) history.replaceState(null, "", kept.length ? `#${new URLSearchParams(kept)}` : "#all");
      draw();
    }

    function follow() {
      let hash = location.hash.slice(1);
      try { hash = decodeURIComponent(hash); } catch { /* a "%" of its own: take it as it is */ }
      if (hash.startsWith("link-")) {
        const entry = document.querySelector(`article[id^="${CSS.escape(hash)}"]`);
        if (!entry) go({ ...fresh, key: hash.slice(5) }, true);
        for (let part = entry?.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
        (entry ?? $("all")).scrollIntoView();
      } else if (hash.includes("=")) {
        const wanted = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
        for (const name of Object.keys(wanted)) if (!(name in fresh)) delete wanted[name];
        if (!["links", "hosts", "files"].includes(wanted.view)) delete wanted.view;
        go({ ...fresh, ...wanted, page: Number(wanted.page) || 1 });
        $("all").scrollIntoView();
      } else {
        const part = hash && $(hash)?.querySelector(":scope > details");
        if (part) part.open = true;
      }
    }

    data.sections.forEach(([name, title], index) => {
      if (finding.section.includes(index)) $("state").append(make("option", { value: name, textContent: title }));
    });
    let waiting;
    $("query").addEventListener("input", (event) => { clearTimeout(waiting); waiting = setTimeout(() => go({ q: event.target.value, key: "" }), 60); });
    $("state").addEventListener("change", (event) => go({ state: event.target.value, key: "" }));
    document.querySelectorAll('[name="view"]').forEach((radio) => radio.addEventListener("change", () => go({ view: radio.value })));
    $("clear").addEventListener("click", () => { go({ ...fresh, view: now.view, sort: now.sort }); $("query").focus(); });
    $("previous").addEventListener("click", () => go({ page: now.page - 1 }));
    $("next").addEventListener("click", () => { go({ page: now.page + 1 }); $("all").scrollIntoView(); });
    addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.ctrlKey && !event.metaKey && !/^(input|select|textarea)$/i.test(event.target.tagName)) {
        event.preventDefault();
        $("query").focus();
      }
    });
    addEventListener("hashchange", follow);
    browser.hidden = false;
    draw();
    follow();
  }

  load().then(explore);
})();
