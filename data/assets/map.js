/* The map's own layer: tracks, vessels, zones, alerts and a clock, drawn on one canvas over an inlined coastline.
   Every text that came from outside is set as textContent, never as HTML. */
"use strict";
async function lingding(map, data, packed) {
  const $ = (tag, text, cls) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (cls) e.className = cls; return e; };
  const L10N = data.labels, root = map.getContainer(), n = data.points;
  root.classList.add("vts"); map.attributionControl.setPrefix(false);
  map.attributionControl.addAttribution(data.attribution);

  // Points arrive gzipped, column after column, as differences within each track.
  const bytes = Uint8Array.from(atob(packed), c => c.charCodeAt(0));
  const raw = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  let at = 0;
  const column = (Type) => { const c = new Type(raw, at, n); at += c.byteLength; return c; };
  const lon = column(Int32Array), lat = column(Int32Array), t = column(Int32Array);
  const major = column(Uint16Array), minor = column(Uint16Array);
  const sog = column(Uint8Array), cog = column(Uint8Array), risk = column(Uint8Array), axis = column(Uint8Array);
  const X = new Float64Array(n), Y = new Float64Array(n), first = data.vessels.first, count = data.vessels.count, m = first.length;
  const mercY = d => 0.5 - Math.log(Math.tan(Math.PI / 4 + d * Math.PI / 360)) / (2 * Math.PI);
  const box = new Float64Array(4 * m);
  for (let v = 0; v < m; v++) {
    let x0 = 9, x1 = -9, y0 = 9, y1 = -9;
    for (let i = first[v], end = first[v] + count[v]; i < end; i++) {
      if (i > first[v]) { lon[i] += lon[i - 1]; lat[i] += lat[i - 1]; t[i] += t[i - 1]; }
      const x = X[i] = lon[i] / 360e6 + 0.5, y = Y[i] = mercY(lat[i] / 1e6);
      if (x < x0) x0 = x; if (x > x1) x1 = x; if (y < y0) y0 = y; if (y > y1) y1 = y;
    }
    box.set([x0, x1, y0, y1], 4 * v);
  }
  const unpacked = rings => rings.map(r => { const o = new Float64Array(r.length); let a = 0, b = 0;
    for (let i = 0; i < r.length; i += 2) { a += r[i]; b += r[i + 1]; o[i] = a / 3.6e6 + 0.5; o[i + 1] = mercY(b / 1e4); } return o; });
  const land = unpacked(data.land), depths = data.depths.map(d => ({ shade: d.shade, rings: unpacked(d.rings) }));

  const state = { t: data.end, trail: 0, on: { land: true, depths: true, grid: true, tracks: true, vessels: true, names: true, ellipses: true, zones: true, alerts: true, moving: true, slots: true, radar: true }, kinds: {}, playing: false };
  const css = name => getComputedStyle(root).getPropertyValue(name).trim();
  const two = k => String(k).padStart(2, "0");
  const timeText = s => { const d = new Date((data.epoch + s + data.tz.minutes * 60) * 1000);
    return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} ${data.tz.name}`; };
  const place = (la, lo) => { const part = (v, w, l) => { const h = Math.round(Math.abs(v) * 6000), d = Math.floor(h / 6000);
    return `${String(d).padStart(w, "0")}°${((h - d * 6000) / 100).toFixed(2).padStart(5, "0")}'${l[v < 0 ? 1 : 0]}`; }; return part(la, 2, "NS") + " " + part(lo, 3, "EW"); };
  const bucket = r => r === 255 ? 0 : r < 51 ? 1 : r < 102 ? 2 : r < 153 ? 3 : r < 204 ? 4 : 5;

  // The last point of a track at or before a time, -1 before its first.
  const upTo = (v, s) => { let lo = first[v], hi = first[v] + count[v]; while (lo < hi) { const mid = (lo + hi) >> 1; if (t[mid] <= s) lo = mid + 1; else hi = mid; } return lo - 1 < first[v] ? -1 : lo - 1; };
  const GAP = 1800;
  function where(v) {
    const i = upTo(v, state.t); if (i < 0) return null;
    const last = i === first[v] + count[v] - 1;
    if (last ? state.t - t[i] > data.hold : t[i + 1] - t[i] > GAP && state.t - t[i] > data.hold) return null;
    const f = last || t[i + 1] - t[i] > GAP ? 0 : (state.t - t[i]) / Math.max(1, t[i + 1] - t[i]);
    return { i, x: X[i] + f * (last ? 0 : X[i + 1] - X[i]), y: Y[i] + f * (last ? 0 : Y[i + 1] - Y[i]) };
  }

  // Zones that go with vessels, and the slots of a plan: both stand where the clock says.
  const ofTrack = new Map(data.vessels.track.map((k, v) => [k, v])), ofMmsi = new Map(data.vessels.mmsi.map((k, v) => [k, v]));
  const seen = track => ofTrack.has(track) ? where(ofTrack.get(track)) : null;
  const open = a => a.t <= state.t && (a.until === null || a.until >= state.t);
  const perMetre = (world, y) => world * Math.cosh((0.5 - y) * 2 * Math.PI) / 40075016.7;
  for (const s of data.slots) {  // a line in the map's own units, with the distance along it
    s.x = s.path.map(p => p[0] / 360 + 0.5); s.y = s.path.map(p => mercY(p[1])); s.d = [0];
    if (s.way === "out") { s.x.reverse(); s.y.reverse(); }
    for (let i = 1; i < s.x.length; i++) s.d.push(s.d[i - 1] + Math.hypot(s.x[i] - s.x[i - 1], s.y[i] - s.y[i - 1]));
    s.whole = s.d[s.d.length - 1];
  }
  const running = s => s.from !== null && s.whole > 0 && s.from <= state.t && state.t <= s.to;
  function planned(s) {
    const d = (state.t - s.from) / (s.to - s.from) * s.whole; let i = 1; while (i < s.d.length - 1 && s.d[i] < d) i++;
    const f = (d - s.d[i - 1]) / (s.d[i] - s.d[i - 1]); return { x: s.x[i - 1] + f * (s.x[i] - s.x[i - 1]), y: s.y[i - 1] + f * (s.y[i] - s.y[i - 1]) };
  }
  function lateMin(s) {  // against her slot, by how far along its line she is; null where she is not on it
    const p = ofMmsi.has(s.mmsi) && running(s) ? where(ofMmsi.get(s.mmsi)) : null; if (!p) return null;
    let least = s.whole / 10, along = null;
    for (let i = 1; i < s.x.length; i++) {
      const dx = s.x[i] - s.x[i - 1], dy = s.y[i] - s.y[i - 1], f = Math.min(1, Math.max(0, ((p.x - s.x[i - 1]) * dx + (p.y - s.y[i - 1]) * dy) / (dx * dx + dy * dy)));
      const q = Math.hypot(s.x[i - 1] + f * dx - p.x, s.y[i - 1] + f * dy - p.y); if (q < least) { least = q; along = s.d[i - 1] + f * (s.d[i] - s.d[i - 1]); }
    }
    return along === null ? null : Math.round((state.t - s.from - along / s.whole * (s.to - s.from)) / 60);
  }

  let shown = [], masts = [];
  const Layer = L.Layer.extend({
    onAdd() { this.c = L.DomUtil.create("canvas", "", map.getPane("overlayPane")); this.c.style.pointerEvents = "none"; map.on("moveend zoomend resize viewreset", this.soon, this); this.soon(); },
    onRemove() { this.c.remove(); map.off("moveend zoomend resize viewreset", this.soon, this); },
    soon() { if (!this.f) this.f = requestAnimationFrame(() => { this.f = 0; this.draw(); }); },
    draw() {
      const began = performance.now(), size = map.getSize(), ratio = window.devicePixelRatio || 1, c = this.c, g = c.getContext("2d");
      L.DomUtil.setPosition(c, map.containerPointToLayerPoint([0, 0]));
      if (c.width !== size.x * ratio || c.height !== size.y * ratio) { c.width = size.x * ratio; c.height = size.y * ratio; c.style.width = size.x + "px"; c.style.height = size.y + "px"; }
      g.setTransform(ratio, 0, 0, ratio, 0, 0); g.clearRect(0, 0, size.x, size.y);
      const world = 256 * Math.pow(2, map.getZoom()), o = map.getPixelBounds().min;
      // A map may show the world more than once; draw the copy nearest to the view's middle.
      const mid = (o.x + size.x / 2) / world, wrap = x => x + Math.round(mid - x);
      const px = x => wrap(x) * world - o.x, py = y => y * world - o.y;
      const sees = (a, b, e, f) => { const q = wrap((a + b) / 2) - (a + b) / 2; return (b + q) * world >= o.x && (a + q) * world <= o.x + size.x && f * world >= o.y && e * world <= o.y + size.y; };
      const turn = Math.round(mid - 0.5), fill = (rings, colour, edge) => {
        g.beginPath();
        for (const r of rings) { let qx = 1e9, qy = 1e9;
          for (let i = 0; i < r.length; i += 2) { const x = (r[i] + turn) * world - o.x, y = r[i + 1] * world - o.y;
            if (i === 0) g.moveTo(x, y); else if (Math.abs(x - qx) + Math.abs(y - qy) > 1 || i === r.length - 2) g.lineTo(x, y); else continue; qx = x; qy = y; } g.closePath(); }
        g.fillStyle = colour; g.fill("evenodd"); g.strokeStyle = edge; g.lineWidth = 1; g.stroke();
      };
      if (state.on.land) fill(land, css("--land"), css("--shore"));
      if (state.on.depths) for (const d of depths) fill(d.rings, css("--depth" + d.shade), css("--contour"));  // a chart's are truer than the coast
      if (state.on.grid) this.grid(g, size);
      masts = []; if (state.on.radar) for (const s of data.sites) this.site(g, s, px, py, world);
      const from = state.trail ? state.t - state.trail : -1e9, paths = Array.from({ length: 6 }, () => new Path2D());
      let drawn = 0;
      if (state.on.tracks) for (let v = 0; v < m; v++) {
        const b = 4 * v; if (!sees(box[b], box[b + 1], box[b + 2], box[b + 3])) continue;
        const end = upTo(v, state.t); let i = Math.max(first[v], upTo(v, from)); if (end < 0) continue;
        const turn = wrap(X[first[v]]) - X[first[v]];
        let qx = (X[i] + turn) * world - o.x, qy = Y[i] * world - o.y, k = bucket(risk[i]); paths[k].moveTo(qx, qy);
        for (i++; i <= end; i++) {
          const x = (X[i] + turn) * world - o.x, y = Y[i] * world - o.y, kk = bucket(risk[i]), far = t[i] - t[i - 1] > GAP;
          if (i < end && kk === k && !far && Math.abs(x - qx) + Math.abs(y - qy) < 1.5) continue;
          if (far) paths[kk].moveTo(x, y); else { paths[k].lineTo(x, y); if (kk !== k) paths[kk].moveTo(x, y); drawn++; }
          k = kk; qx = x; qy = y;
        }
      }
      if (state.on.moving) for (const z of data.moving) if (z[8] <= state.t && state.t < z[9]) this.moving(g, z, world, px, py);
      if (state.on.slots) for (const s of data.slots) if (running(s)) this.slot(g, s, px, py);
      g.lineWidth = 1.4; paths.forEach((p, k) => { g.strokeStyle = css("--risk" + k); g.stroke(p); });
      shown = [];
      if (state.on.vessels) {
        for (let v = 0; v < m; v++) { const p = where(v); if (!p) continue; const x = px(p.x), y = py(p.y); if (x > -20 && y > -20 && x < size.x + 20 && y < size.y + 20) shown.push({ v, i: p.i, x, y }); }
        const loud = new Set(data.alerts.filter(a => a.severity === 2 && open(a)).map(a => a.track));  // their names come first
        shown.sort((a, b) => loud.has(data.vessels.track[b.v]) - loud.has(data.vessels.track[a.v]));
        const named = state.on.names && (shown.length <= 80 || map.getZoom() >= 13); g.font = "11px system-ui, sans-serif";
        const taken = new Set();  // a name is written where no other stands yet
        for (const s of shown) { const cell = Math.round(s.x / 90) + "," + Math.round(s.y / 13); this.vessel(g, s, named && !taken.has(cell), world); taken.add(cell); }
      }
      if (state.on.alerts) for (const a of data.alerts) {
        if (!open(a)) continue;
        const v = seen(a.track), o = seen(a.other); if (!v && a.lon === null) continue;  // the ring goes with her while she is seen
        const x = px(v ? v.x : a.lon / 360 + 0.5), y = py(v ? v.y : mercY(a.lat)); g.strokeStyle = css(a.severity === 2 ? "--alarm" : "--risk3"); g.lineWidth = 2; g.beginPath(); g.arc(x, y, 11, 0, 7); g.stroke();
        if (v && o) { g.lineWidth = 1.2; g.setLineDash([5, 4]); g.beginPath(); g.moveTo(x, y); g.lineTo(px(o.x), py(o.y)); g.stroke(); g.setLineDash([]); }
      }
      document.documentElement.dataset.drawMs = Math.round(performance.now() - began); document.documentElement.dataset.drawn = drawn;
    },
    grid(g, size) {
      const b = map.getBounds(), span = b.getEast() - b.getWest(); if (!(span > 0)) return;
      const step = [30, 10, 5, 2, 1, .5, 1 / 6, 1 / 12, 1 / 30, 1 / 60, 1 / 120].find(s => span / s > 4) || 1 / 300;
      g.strokeStyle = css("--grid"); g.fillStyle = css("--ink"); g.lineWidth = .4; g.font = "10px system-ui, sans-serif"; g.beginPath();
      for (let d = Math.ceil(b.getWest() / step) * step; d < b.getEast(); d += step) { const x = map.latLngToContainerPoint([0, d]).x; g.moveTo(x, 0); g.lineTo(x, size.y); g.fillText(place(0, ((d + 540) % 360) - 180).split(" ")[1], x + 2, 10); }
      for (let d = Math.ceil(Math.max(-80, b.getSouth()) / step) * step; d < Math.min(80, b.getNorth()); d += step) { const y = map.latLngToContainerPoint([d, 0]).y; g.moveTo(0, y); g.lineTo(size.x, y); g.fillText(place(d, 0).split(" ")[0], size.x - 62, y - 2); }
      g.stroke();
    },
    moving(g, [track, zone, shape, axis, ahead, astern, port, starboard], world, px, py) {
      const p = seen(track); if (!p) return;
      const a = axis * Math.PI / 180, k = perMetre(world, p.y), x = px(p.x), y = py(p.y), sin = Math.sin(a), cos = Math.cos(a);
      const to = (fore, right) => [x + k * (fore * sin + right * cos), y - k * (fore * cos - right * sin)];
      const round = shape === 2, corner = j => round ? [Math.cos(j * Math.PI / 32), Math.sin(j * Math.PI / 32)] : [j === 0 || j === 3 ? 1 : -1, j < 2 ? 1 : -1];
      g.save();
      if (shape === 1) { g.clip(this.outline(zone, px, py), "evenodd"); }  // from channel edge to channel edge
      g.beginPath();
      for (let j = 0; j < (round ? 64 : 4); j++) { const [f, r] = corner(j), [u, w] = to(f * (f > 0 ? ahead : astern), r * (r > 0 ? starboard : port)); j ? g.lineTo(u, w) : g.moveTo(u, w); }
      g.closePath();
      g.strokeStyle = g.fillStyle = css(data.alerts.some(q => q.severity === 2 && q.other === track && open(q)) ? "--alarm" : "--moving");
      g.globalAlpha = .13; g.fill(); g.globalAlpha = 1; g.lineWidth = 2; g.stroke(); g.restore();
    },
    outline(zone, px, py) {
      const path = new Path2D(), shape = data.zones.features[zone].geometry, parts = !shape ? [] : shape.type === "Polygon" ? [shape.coordinates] : shape.type === "MultiPolygon" ? shape.coordinates : [];
      for (const rings of parts) for (const ring of rings) { ring.forEach(([o, q], i) => { const u = px(o / 360 + 0.5), w = py(mercY(q)); i ? path.lineTo(u, w) : path.moveTo(u, w); }); path.closePath(); }
      return path;
    },
    slot(g, s, px, py) {
      const p = planned(s), x = px(p.x), y = py(p.y);
      g.strokeStyle = g.fillStyle = css("--slot"); g.lineWidth = 1; g.setLineDash([2, 4]); g.beginPath(); s.x.forEach((u, i) => i ? g.lineTo(px(u), py(s.y[i])) : g.moveTo(px(u), py(s.y[i]))); g.stroke(); g.setLineDash([]);
      g.lineWidth = 2; g.strokeRect(x - 7, y - 7, 14, 14); g.font = "11px system-ui, sans-serif"; g.textAlign = "right"; g.fillText(`${L10N.slot}: ${s.vessel}`, x - 11, y + 4); g.textAlign = "left";
    },
    site(g, s, px, py, world) {
      const x = px(s.lon / 360 + 0.5), y = py(mercY(s.lat)), k = world / (40075016.7 * Math.cos(s.lat * Math.PI / 180)), r = s.max_m * k;
      const toward = deg => deg * Math.PI / 180 - Math.PI / 2;
      g.strokeStyle = g.fillStyle = css("--radar"); g.setLineDash([6, 4]); g.lineWidth = 1.2; g.beginPath();
      if (s.coverage.length) { s.coverage.forEach(([lo, la], i) => i ? g.lineTo(px(lo / 360 + 0.5), py(mercY(la))) : g.moveTo(px(lo / 360 + 0.5), py(mercY(la)))); g.closePath(); }
      else g.arc(x, y, r, 0, 7);
      g.stroke(); g.globalAlpha = .05; g.fill(); g.globalAlpha = .18;
      for (const [from, to] of s.blind) { g.beginPath(); g.moveTo(x, y); g.arc(x, y, r, toward(from), toward(to < from ? to + 360 : to)); g.closePath(); g.fillStyle = css("--ink"); g.fill(); }
      g.globalAlpha = 1; g.setLineDash([]); g.fillStyle = css("--radar"); g.fillRect(x - 4, y - 4, 8, 8); g.font = "11px system-ui, sans-serif"; g.fillText(s.name, x + 8, y - 4);
      masts.push({ site: s, x, y });
    },
    vessel(g, s, named, world) {
      const { v, i, x, y } = s, colour = css("--risk" + bucket(risk[i])), dark = data.vessels.mmsi[v] < 0;
      if (state.on.ellipses && major[i]) {
        const k = 2.4477 * world / (40075016.7 * Math.cos(lat[i] * 1e-6 * Math.PI / 180)), a = major[i] / 10 * k, b = minor[i] / 10 * k;
        if (a > 4) { g.strokeStyle = colour; g.lineWidth = 1; g.globalAlpha = .7; g.beginPath(); g.ellipse(x, y, a, b, (axis[i] * 180 / 256 - 90) * Math.PI / 180, 0, 7); g.stroke(); g.globalAlpha = 1; }
      }
      g.save(); g.translate(x, y); g.strokeStyle = css("--ink"); g.fillStyle = colour; g.lineWidth = 1; g.beginPath();
      if (dark) g.arc(0, 0, 5, 0, 7);
      else if (sog[i] !== 255 && sog[i] < 2) { g.moveTo(0, -5); g.lineTo(5, 0); g.lineTo(0, 5); g.lineTo(-5, 0); g.closePath(); }
      else { g.rotate(cog[i] * 360 / 255 * Math.PI / 180 * (cog[i] !== 255)); g.moveTo(0, -8); g.lineTo(4, 6); g.lineTo(-4, 6); g.closePath(); }
      g.fill(); g.stroke(); g.restore();
      if (named) { g.fillStyle = css("--ink"); g.fillText(data.vessels.label[v], x + 8, y + 3); }
    },
  });
  const layer = new Layer(); const redraw = () => layer.soon();

  const kinds = [...new Set(data.zones.features.filter(f => f.geometry).map(f => f.properties.kind || ""))].sort();
  const hue = k => (kinds.indexOf(k) * 67 + 265) % 360;
  const zoneLayers = {};
  for (const kind of kinds) {
    zoneLayers[kind] = L.geoJSON({ type: "FeatureCollection", features: data.zones.features.filter(f => f.geometry && (f.properties.kind || "") === kind) }, {
      style: f => ({ color: `hsl(${hue(kind)} 70% 40%)`, weight: 1.4, fillOpacity: f.properties.wide ? 0 : .1, dashArray: kind.includes("line") ? null : "5 3" }),
      pointToLayer: (_f, p) => L.circleMarker(p, { radius: 4, color: `hsl(${hue(kind)} 70% 40%)` }),
      onEachFeature: (f, l) => { const e = $("div"); e.append($("b", f.properties.name || L10N.unnamed)); e.append($("div", f.properties.kind || ""));
        for (const [k, w] of f.properties.notes || []) e.append($("div", `${k}: ${w}`)); l.bindTooltip(e, { sticky: true }); l.bindPopup(e.cloneNode(true)); },
    }).addTo(map);
  }
  layer.addTo(map); L.control.scale({ imperial: false, position: "topleft" }).addTo(map);

  let tellSlots = () => {};
  const panel = L.control({ position: "topright" });
  panel.onAdd = () => {
    const e = $("div", undefined, "vts-panel"); L.DomEvent.disableClickPropagation(e); L.DomEvent.disableScrollPropagation(e);
    e.append($("h1", data.title)); if (data.note) e.append($("div", data.note, "vts-sim"));
    const box2 = $("details"); box2.append($("summary", L10N.layers)); e.append(box2);
    const check = (text, on, then) => { const l = $("label"), c = $("input"); c.type = "checkbox"; c.checked = on; c.onchange = () => { then(c.checked); redraw(); }; l.append(c, " " + text); return l; };
    const empty = { depths: !depths.length, radar: !data.sites.length, moving: !data.moving.length, slots: !data.slots.length };
    for (const k of Object.keys(state.on)) if (k !== "zones" && !empty[k]) box2.append(check(L10N[k], true, on => { state.on[k] = on; }));
    if (kinds.length) { box2.append($("h2", L10N.zones)); for (const k of kinds) box2.append(check(k || L10N.unnamed, true, on => on ? zoneLayers[k].addTo(map) : zoneLayers[k].remove())); }
    const pal = $("div"); for (const p of ["day", "dusk", "night"]) { const b = $("button", L10N[p]); b.onclick = () => { root.classList.remove("dusk", "night"); if (p !== "day") root.classList.add(p); redraw(); }; pal.append(b, " "); }
    box2.append($("h2", L10N.palette), pal);
    const key = $("div"); key.append($("h2", L10N.risk)); const names = [L10N.unknown, "0–0.2", "0.2–0.4", "0.4–0.6", "0.6–0.8", "0.8–1"];
    names.forEach((text, k) => { const l = $("label"), s = $("span", "", "vts-key"); s.style.background = `var(--risk${k})`; l.append(s, text); key.append(l); }); e.append(key);
    if (data.slots.length) {
      const plan = $("details"), rows = $("ul", undefined, "vts-alerts"); plan.open = true; plan.append($("summary", `${L10N.slots} (${data.tz.name})`), rows); e.append(plan);
      tellSlots = () => rows.replaceChildren(...data.slots.map(s => {
        const li = $("li", undefined, s.from === null ? "s2" : state.t > s.to ? "over" : state.t >= s.from ? "now" : ""), late = lateMin(s), say = (text, minutes) => text.replace("{minutes}", minutes);
        li.append($("b", s.vessel), ` ${s.way === "in" ? L10N.in : L10N.out} · ${s.terminal}`);
        if (s.from !== null) li.append($("small", `${timeText(s.from).slice(5, 16)} – ${timeText(s.to ?? s.from).slice(11, 16)}` + (s.wait ? `, ${say(L10N.waits, s.wait)}` : "") + (state.t > s.to ? `, ${L10N.over}` : state.t < s.from ? (s.from - state.t < 86400 ? `, ${say(L10N.begins, Math.round((s.from - state.t) / 60))}` : "") : late === null ? "" : `, ${Math.abs(late) < 3 ? L10N.on_time : say(late > 0 ? L10N.late : L10N.early, Math.abs(late))}`)));
        if (s.why) li.append($("small", s.why));
        if (s.from !== null) li.onclick = () => setTime(s.from); return li;
      }));
    }
    const list = $("details"); list.open = window.innerWidth > 700; list.append($("summary", `${L10N.alerts} (${data.alerts.length}${data.alerts_left ? " / " + (data.alerts.length + data.alerts_left) : ""})`));
    const ul = $("ul", undefined, "vts-alerts"); list.append(ul); e.append(list);
    data.alerts.forEach((a, k) => { const li = $("li", undefined, "s" + a.severity + (a.until !== null ? " over" : "")); li.append($("small", timeText(a.t)), a.text); if (a.place) li.append($("small", a.place)); if (a.citation) li.append($("small", a.citation));
      li.onclick = () => { setTime(Math.max(a.t, 0)); if (a.lon !== null) map.setView([a.lat, a.lon], Math.max(map.getZoom(), 12)); }; ul.append(li); });
    return e;
  };
  panel.addTo(map);

  let slider, out;
  const setTime = s => { state.t = Math.min(Math.max(s, data.begin), data.end); slider.value = state.t; out.textContent = timeText(state.t); tellSlots(); redraw(); };
  const clock = L.control({ position: "bottomleft" });
  clock.onAdd = () => {
    const e = $("div", undefined, "vts-panel vts-time"); L.DomEvent.disableClickPropagation(e);
    const play = $("button", "▶"); play.title = L10N.play; slider = $("input"); slider.type = "range"; slider.min = data.begin; slider.max = data.end; slider.step = 1; slider.setAttribute("aria-label", L10N.time);
    slider.oninput = () => setTime(+slider.value);
    const speed = $("select"); [10, 60, 300, 1800].forEach(s => { const p = $("option", "×" + s); p.value = s; speed.append(p); }); speed.value = 60; speed.title = L10N.speed;
    const trail = $("select"); [[0, L10N.whole], [900, "15 min"], [3600, "1 h"], [21600, "6 h"]].forEach(([s, w]) => { const p = $("option", w); p.value = s; trail.append(p); }); trail.title = L10N.trail; trail.onchange = () => { state.trail = +trail.value; redraw(); };
    let before = 0; const step = now => { if (!state.playing) return; if (before) setTime(state.t + (now - before) / 1000 * speed.value); before = now; if (state.t >= data.end) toggle(); else requestAnimationFrame(step); };
    const toggle = () => { state.playing = !state.playing; before = 0; play.textContent = state.playing ? "❚❚" : "▶"; if (state.playing) { if (state.t >= data.end) setTime(data.begin); requestAnimationFrame(step); } };
    play.onclick = toggle; out = $("output"); e.append(play, slider, out, speed, trail); return e;
  };
  clock.addTo(map); setTime(data.end);

  map.on("click", ev => {
    const p = ev.containerPoint; let best = null, d2 = 196;
    for (const s of [...masts, ...shown]) { const q = (s.x - p.x) ** 2 + (s.y - p.y) ** 2; if (q < d2) { d2 = q; best = s; } }
    if (!best) return; const { v, i, site } = best, e = $("div"), table = $("table"); e.append($("b", site ? site.name : data.vessels.label[v]), table);
    const row = (k, w) => { if (w === "" || w === null || w === undefined) return; const tr = $("tr"); tr.append($("td", k), $("td", w)); table.append(tr); };
    if (site) { for (const [k, w] of site.facts) row(k, w); L.popup().setLatLng(ev.latlng).setContent(e).openOn(map); return; }
    row("MMSI", data.vessels.mmsi[v] < 0 ? "–" : String(data.vessels.mmsi[v])); row(L10N.track, String(data.vessels.track[v])); row(L10N.time, timeText(t[i])); row(L10N.position, place(lat[i] / 1e6, lon[i] / 1e6));
    row("SOG", sog[i] === 255 ? "–" : (sog[i] / 4).toFixed(1) + " kn"); row("COG", cog[i] === 255 ? "–" : String(Math.round(cog[i] * 360 / 255)).padStart(3, "0") + "°");
    row(L10N.risk, risk[i] === 255 ? L10N.unknown : (risk[i] / 250).toFixed(2)); row(L10N.reasons, data.vessels.reasons[v]); row(L10N.sources, data.vessels.sources[v]); row(L10N.details, data.vessels.about[v]);
    L.popup().setLatLng(ev.latlng).setContent(e).openOn(map);
  });
  map.fitBounds(data.bounds, { animate: false, maxZoom: 14 });
  document.documentElement.dataset.ready = "1";
}
