// Drives a lesson: locks the predictions, opens what was sealed, part by part, and turns the knobs over runs that were made beforehand.
'use strict';
const $ = (id) => document.getElementById(id);
const make = (tag, words, className) => Object.assign(document.createElement(tag), { textContent: words || '', className: className || '' });
const score = { hints: 0, parts: {} };
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

function compare(guess, truth) { // both on a scale from a tenth of the truth to ten times it
  const at = (value) => 210 + 200 * Math.max(-1, Math.min(1, Math.log10(value / truth)));
  const dot = (x, colour, y, word) => `<circle cx="${x}" cy="20" r="6" fill="var(--${colour})"/><text x="${x}" y="${y}" text-anchor="middle">${word}</text>`;
  return svg(420, 54, `<path d="M10 20H410" stroke="var(--axis)"/>${dot(at(truth), 'green', 50, 'measured')}${dot(at(guess), 'blue', 12, 'you')}`, 'scale');
}

function lock(event) {
  event.preventDefault();
  const form = $('guesses'), data = new FormData(form), shares = [];
  sealed = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob($('sealed').textContent), (c) => c.charCodeAt(0))));
  sealed.truths.forEach((truth, index) => {
    const box = $(`guess-${index}`), given = data.get(`guess-${index}`) || '';
    const isNumber = truth.value !== undefined, guess = isNumber ? read(given) : NaN;
    const share = isNumber ? nearness(guess, truth.value, truth.within) : Number(given !== '' && Number(given) === truth.right);
    shares.push(share);
    box.append(make('p', `The simulation says: ${truth.shown}`, share >= 0.999 ? 'good' : 'bad'));
    if (isNumber && guess > 0) box.insertAdjacentHTML('beforeend', compare(guess, truth.value));
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

function panel(title, unit, lines) { // each line: class name and values over the windows; -1 is a gap
  const edges = sealed.grid.edges, end = edges[edges.length - 1], top = Math.max(1e-9, ...lines.flatMap(([, values]) => values));
  const x = (at) => 56 + 448 * at / end, y = (value) => 168 - 136 * value / top;
  const path = (values) => values.map((value, at) => value < 0 ? '' :
    `${at && values[at - 1] >= 0 ? 'V' + y(value).toFixed(1) : `M${x(edges[at]).toFixed(1)} ${y(value).toFixed(1)}`}H${x(edges[at + 1]).toFixed(1)}`).join('');
  const drawn = lines.map(([name, values]) => `<path class="${name}" d="${path(values)}"/>`).join('');
  return svg(520, 200, `<text x="56" y="20">${title}</text><text x="50" y="38" text-anchor="end">${Number(top.toPrecision(3))}${unit}</text>` +
    `<text x="50" y="172" text-anchor="end">0</text><path d="M56 168H504" stroke="var(--axis)"/><text x="504" y="190" text-anchor="end">${end}s</text>${drawn}`);
}

function whatIf() {
  const part = section('What if? Turn one knob at a time until the goal holds'), runs = sealed.grid.runs;
  const said = make('p'), warning = make('p', '', 'note'), panels = make('div', '', 'panels'), goal = make('ul');
  const inputs = sealed.knobs.map(([label, path, values]) => {
    const line = make('label'), words = make('span'), input = make('input');
    Object.assign(input, { type: 'range', min: 0, max: values.length - 1, value: 0 });
    input.setAttribute('aria-label', label);
    input.oninput = show;
    line.append(words, input);
    part.append(line);
    return [input, words, label, path, values];
  });
  function show() {
    const at = inputs.map(([input]) => Number(input.value)), run = runs.find((one) => one.at.every((value, index) => value === at[index]));
    inputs.forEach(([, words, label, path, values], index) => { words.textContent = `${label}: ${values[at[index]]}  (${path})`; });
    warning.textContent = at.filter((value) => value > 0).length > 1 ? 'More than one knob is turned: what helped cannot be told apart any more.' : '';
    said.textContent = run.mended ? 'The goal holds.' : 'The goal does not hold yet.';
    said.className = run.mended ? 'good' : 'bad';
    panels.innerHTML = panel('requests: sent (dashed), answered well (green)', '/s', [['base', runs[0].goodput], ['offered', run.offered], ['now', run.goodput]]) +
      panel('p99 of those answered well; thin: as it was', 'ms', [['base', runs[0].p99_ms], ['late', run.p99_ms]]);
    goal.replaceChildren(...run.goal.map(([holds, words]) => make('li', `${holds ? 'holds' : 'broken'}: ${words}`, holds ? 'good' : 'bad')));
    if (run.mended) gain('fix', sealed.points[2]);
  }
  part.append(warning, said, panels, goal);
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
