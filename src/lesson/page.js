// Drives a lesson: locks the predictions, opens what was sealed, part by part, and turns the knobs over runs that were made beforehand.
'use strict';
const $ = (id) => document.getElementById(id);
const make = (tag, words, className) => Object.assign(document.createElement(tag), { textContent: words || '', className: className || '' });
const score = { hints: 0, parts: {} };
const figures = [...document.querySelectorAll('figure')];
let sealed, opened = 0;

const UNITS = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, '%': 0.01, B: 1, KiB: 1024, MiB: 1048576, GiB: 1073741824 };
const read = (text) => {
  const parts = /^\s*([0-9.]+)\s*([a-zA-Z%]*)/.exec(text);
  return parts ? Number(parts[1]) * (UNITS[parts[2]] || 1) : NaN;
};
const nearness = (guess, truth, within) => {
  if (!(guess > 0)) return 0;
  const off = Math.log(Math.max(guess, truth) / Math.min(guess, truth));
  const free = Math.log(within), end = Math.log(Math.max(10, within * within));
  return Math.min(1, Math.max(0, (end - off) / (end - free)));
};
const section = (title) => { const part = make('section'); part.append(make('h2', title)); $('after').append(part); return part; };
const list = (part, title, items) => {
  if (!items.length) return;
  const ul = make('ul');
  items.forEach((item) => ul.append(make('li', item)));
  part.append(make('h3', title), ul);
};
const tell = () => {
  const sum = Object.values(score.parts).reduce((all, points) => all + points, 0) - score.hints;
  $('score').textContent = `points ${Math.max(0, Math.round(sum))} of 100`;
};
const gain = (name, points) => { score.parts[name] = points; tell(); };
const svg = (width, height, inside, className) =>
  `<svg viewBox="0 0 ${width} ${height}" role="img" class="${className || ''}" xmlns="http://www.w3.org/2000/svg">${inside}</svg>`;

// Marks lines over a finished chart: each a class, its words and its height; beyond the chart's scale they stay at its edge, with an arrow.
const share = (side, value) => {
  const at = (one) => side.log ? Math.log10(Math.max(one, 1e-12)) : one;
  return (at(value) - at(side.low)) / (at(side.high) - at(side.low));
};
function over(picture, place, mark, lines) {
  const wide = place.right - place.left, x = (value) => place.left + wide * Math.min(1, Math.max(0, share(place.x, value)));
  const more = Math.max(0, 36 - x(mark.to) + x(mark.from)) / 2; // what is too short to be seen is drawn longer
  const from = Math.max(place.left, x(mark.from) - more), to = Math.min(place.right, x(mark.to) + more);
  const right = from + to > place.left + place.right, drawn = lines.map(([name, words, value]) => {
    const at = share(place.y, value), y = place.bottom - (place.bottom - place.top) * Math.min(1, Math.max(0, at));
    return { name, y, words: `${words}${at > 1.001 ? ' \u2191' : at < -0.001 ? ' \u2193' : ''}` };
  }).sort((one, other) => one.y - other.y);
  const [first, last] = [drawn[0], drawn[drawn.length - 1]];
  first.label = first.y < place.top + 14 ? first.y + 15 : first.y - 6;
  if (last !== first) last.label = Math.max(last.y + 15, first.label + 15);
  if (last !== first && last.label > place.bottom - 2) { last.label = last.y - 6; first.label = Math.min(first.y - 6, last.label - 15); }
  picture.insertAdjacentHTML('beforeend', '<g class="marks">' + drawn.map((one) => `<path class="${one.name}" d="M${from.toFixed(1)} ${one.y.toFixed(1)}H${to.toFixed(1)}"/>` +
    `<text class="over" x="${(right ? to : from).toFixed(1)}" y="${one.label.toFixed(1)}" text-anchor="${right ? 'end' : 'start'}"></text>`).join('') + '</g>');
  const texts = picture.lastElementChild.querySelectorAll('text');
  drawn.forEach((one, index) => { texts[index].textContent = one.words; texts[index].classList.add(`of-${one.name}`); });
}

// The guess beside the truth: on the chart that shows the figure, and once more below the question; else over the figure's own course.
function compare(box, index, given, guess, truth) {
  const mark = sealed.marks[index], trace = sealed.traces[index], lines = [['truth', `measured ${truth.shown}`, truth.value]];
  if (guess > 0) lines.push(['guess', `you: ${given}`, guess]);
  if (mark) {
    const mine = figures[mark.figure].cloneNode(true);
    mine.querySelectorAll('.marks').forEach((one) => one.remove());
    box.append(mine);
    [figures[mark.figure], mine].forEach((one) => ['wide', 'narrow'].forEach((form) => {
      const picture = one.querySelector(`svg.${form}`);
      if (picture) over(picture, mark[form], mark, lines);
    }));
  } else if (trace) {
    const known = Math.max(truth.value, ...trace.values), top = Math.max(known, Math.min(guess || 0, 2 * known)) * (truth.share ? 1 : 1.05), end = trace.edges[trace.edges.length - 1];
    box.insertAdjacentHTML('beforeend', panel('', truth.unit, trace.edges, [['base', trace.values]], top));
    const picture = box.lastElementChild;
    picture.classList.add('trace');
    picture.querySelector('text').textContent = trace.name;
    over(picture, { left: 56, right: 504, top: 32, bottom: 168, x: { low: 0, high: end }, y: { low: 0, high: top } }, trace, lines);
  }
}

function lock(event) {
  event.preventDefault();
  const form = $('guesses'), data = new FormData(form), shares = [];
  sealed = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob($('sealed').textContent), (c) => c.charCodeAt(0))));
  document.querySelectorAll('.cover').forEach((one) => one.remove());
  sealed.truths.forEach((truth, index) => {
    const box = $(`guess-${index}`), given = data.get(`guess-${index}`) || '';
    // Of a share a bare 20 is 20%.
    const isNumber = truth.value !== undefined, bare = truth.share && /^[\s0-9.]+$/.test(given) && read(given) > 1;
    const guess = isNumber ? read(given) / (bare ? 100 : 1) : NaN;
    const share = isNumber ? nearness(guess, truth.value, truth.within) : Number(given !== '' && Number(given) === truth.right);
    shares.push(share);
    box.append(make('p', `The simulation says: ${truth.shown}`, share >= 0.999 ? 'good' : 'bad'));
    if (isNumber) compare(box, index, given.trim(), guess, truth);
  });
  [...form.elements].forEach((one) => { one.disabled = true; });
  $('after').hidden = false;
  if (shares.length) gain('predictions', sealed.points[0] * shares.reduce((a, b) => a + b) / shares.length);
  if (sealed.findings.length) hypotheses(); else reveal();
}

function hypotheses() {
  const part = section('What is the cause?');
  const boxes = sealed.findings.map((one) => {
    const label = make('label'), box = make('input');
    box.type = 'checkbox';
    label.append(box, ` ${one.text}`);
    part.append(label);
    return [box, label];
  });
  const hints = make('div'), hint = make('button'), done = make('button', 'That is my answer');
  const next = () => { const left = sealed.hints[opened]; hint.textContent = left ? `A hint (costs ${left[0]})` : 'No more hints'; hint.disabled = !left; };
  hint.onclick = () => { const [cost, words] = sealed.hints[opened++]; score.hints += cost; hints.append(make('p', words)); next(); tell(); };
  done.onclick = () => {
    let sum = 0;
    boxes.forEach(([box, label], index) => {
      const one = sealed.findings[index];
      box.disabled = true;
      if (box.checked) sum += one.right ? 1 : -1;
      label.append(make('p', `${one.right ? 'Confirmed' : 'Refuted'} by ${one.evidence}. ${one.feedback}`, one.right ? 'good' : 'note'));
    });
    hint.disabled = done.disabled = true;
    gain('cause', sealed.points[1] * Math.max(0, sum / sealed.findings.filter((one) => one.right).length));
    reveal();
  };
  next();
  part.append(hints, hint, done);
}

function reveal() {
  const part = section('What happened');
  if (sealed.law) part.append(make('p', sealed.law, 'law'));
  part.append(make('p', sealed.reveal, 'pre'));
  list(part, 'What the model leaves out', sealed.simplified);
  list(part, 'Assumed, because no source says', sealed.assumed);
  if (sealed.source) part.append(make('p', `Source: ${sealed.source}`, 'note'));
  const charts = make('details'), inside = make('div');
  inside.innerHTML = sealed.charts;
  charts.append(make('summary', 'The same charts, with what was done to the system'), inside);
  part.append(charts);
  if (sealed.knobs.length) whatIf();
  if (sealed.quiz.length) quiz();
  if (sealed.debrief.length) list(section('To talk about'), '', sealed.debrief);
}

// A figure in a unit that keeps it short.
const said = (value, unit) => {
  const short = (number) => Number(number.toPrecision(3));
  if (unit === 's') return value >= 7200 ? `${short(value / 3600)}h` : value >= 600 ? `${short(value / 60)}min` : value >= 1 || !value ? `${short(value)}s` : `${short(value * 1e3)}ms`;
  if (unit === 'ratio') return value <= 1.06 ? `${short(value * 100)}%` : `${short(value)}x`;
  const [size, suffix] = [[1e9, 'G'], [1e6, 'M'], [1e4, 'k']].find(([least]) => value >= least) || [1, ''];
  return `${short(value / (suffix === 'k' ? 1e3 : size))}${suffix}${{ '1/s': '/s', bytes: 'B' }[unit] || ''}`;
};

// Each line: class name and values over the windows; -1 is a gap.
function panel(title, unit, edges, lines, top) {
  const end = edges[edges.length - 1], x = (at) => 56 + 448 * at / end, y = (value) => 168 - 136 * value / top;
  const path = (values) => values.map((value, at) => value < 0 ? '' :
    `${at && values[at - 1] >= 0 ? 'V' + y(value).toFixed(1) : `M${x(edges[at]).toFixed(1)} ${y(value).toFixed(1)}`}H${x(edges[at + 1]).toFixed(1)}`).join('');
  const drawn = lines.map(([name, values]) => `<path class="${name}" d="${path(values)}"/>`).join('');
  return svg(520, 200, `<text x="56" y="20">${title}</text><text x="50" y="38" text-anchor="end">${said(top, unit)}</text>` +
    `<text x="50" y="172" text-anchor="end">0</text><path d="M56 168H504" stroke="var(--axis)"/><text x="504" y="190" text-anchor="end">${said(end, 's')}</text>${drawn}`);
}

function whatIf() {
  const runs = sealed.grid.runs, tried = [], turned = (at) => at.filter((value) => value > 0).length, alone = runs.some((run) => run.mended && turned(run.at) === 1);
  const part = section(alone ? 'What if? Turn one knob at a time until the goal holds' : 'What if? One knob is not enough here: turn one after the other until the goal holds');
  const said = make('p'), warning = make('p', '', 'note'), panels = make('div', '', 'panels'), table = make('table'), frame = make('div', '', 'scroll');
  const inputs = sealed.knobs.map(([label, path, names]) => {
    const line = make('label'), input = make('input'), settings = make('p', '', 'settings');
    Object.assign(input, { type: 'range', min: 0, max: names.length - 1, value: 0 });
    input.setAttribute('aria-label', label);
    input.oninput = show;
    names.forEach((name, at) => {
      const one = make('button', name);
      one.onclick = () => { input.value = at; show(); };
      settings.append(one);
    });
    line.append(make('span', label), make('span', ` (${path})`, 'note'), input);
    part.append(line, settings);
    return [input, settings, label, names];
  });
  const drawn = (title, unit, lines) => panel(title, unit, sealed.grid.edges, lines, Math.max(1e-9, ...lines.flatMap(([, values]) => values)));
  const words = (at) => inputs.map(([, , label, names], index) => at[index] ? `${names[at[index]]} \u2013 ${label}` : '').filter(Boolean).join('; ') || 'as it is';
  function show() {
    const at = inputs.map(([input]) => Number(input.value)), run = runs.find((one) => one.at.every((value, index) => value === at[index]));
    inputs.forEach(([input, settings, , names], index) => {
      input.setAttribute('aria-valuetext', names[at[index]]);
      [...settings.children].forEach((one, value) => one.classList.toggle('now', value === at[index]));
    });
    warning.textContent = alone && turned(at) > 1 ? 'More than one knob is turned: what helped cannot be told apart any more.' : '';
    said.textContent = run.mended ? 'The goal holds.' : 'The goal does not hold yet.';
    said.className = run.mended ? 'good' : 'bad';
    const seconds = (one) => one.p99_ms.map((value) => value < 0 ? -1 : value / 1e3), figure = sealed.grid.figure;
    panels.innerHTML = drawn('requests: sent (dashed), answered well (green)', '1/s', [['base', runs[0].goodput], ['offered', run.offered], ['now', run.goodput]]) +
      drawn('p99 of those answered well; thin: as it was', 's', [['base', seconds(runs[0])], ['late', seconds(run)]]) +
      (figure ? drawn('', figure.unit, [['base', runs[0].figure], ['offered', run.figure.map(() => figure.bound)], ['now', run.figure]]) : '');
    if (figure) {
      const name = `goal (dashed): ${figure.name}`;
      panels.lastElementChild.querySelector('text').textContent = name.length > 58 ? `${name.slice(0, 57)}\u2026` : name;
    }
    if (!tried.includes(run)) tried.push(run);
    tell_of(run);
    if (run.mended) gain('fix', sealed.points[2]);
  }
  // One row for each line of the goal, one column for each setting that was tried: the law is what runs along a row.
  function tell_of(now) {
    const line = (cells, head) => { const row = make('tr'); cells.forEach(([text, name]) => row.append(make(head ? 'th' : 'td', text, name))); return row; };
    const rows = now.goal.map(([, text], index) => line([[text], ...tried.map((run) => [run.goal[index][2], run.goal[index][0] ? 'holds' : 'broken'])]));
    table.replaceChildren(line([['goal'], ...tried.map((run) => [words(run.at), run === now ? 'now' : ''])], true), ...rows);
  }
  frame.append(table);
  part.append(warning, said, frame, panels);
  show();
}

function quiz() {
  const part = section('Quiz');
  let right = 0;
  sealed.quiz.forEach(([ask, answer, choices, why]) => {
    const box = make('fieldset'), input = make('input'), button = make('button', 'Answer');
    input.type = 'text';
    box.append(make('legend', ask), input, button);
    choices.forEach((choice, at) => box.insertBefore(make('p', `${at + 1}. ${choice}`), input));
    button.onclick = () => {
      const given = choices[Number(input.value) - 1] || input.value.trim(), near = Math.abs(Number(given) - Number(answer)) <= Math.abs(Number(answer)) * 0.01;
      const good = given !== '' && (given.toLowerCase() === answer.toLowerCase() || near);
      if (good) right += 1;
      button.disabled = input.disabled = true;
      gain('quiz', sealed.points[3] * right / sealed.quiz.length);
      box.append(make('p', `${good ? 'Right' : `It is ${answer}`}: ${why}`, good ? 'good' : 'bad'));
    };
    part.append(box);
  });
}

document.querySelectorAll('.unsure').forEach((box) => {
  const input = box.closest('fieldset').querySelector('input[type=text]');
  box.onchange = () => { input.disabled = box.checked; if (box.checked) input.value = ''; };
});
$('guesses').onsubmit = lock;
