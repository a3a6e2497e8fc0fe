// What stands where on a generated page, in px of its picture: every character that shows, every item that can be
// pointed at with its label, and the boxes of the fields, whose contents no range can measure.
() => {
  const chars = [], items = [], holes = [];
  const canvas = document.createElement('canvas').getContext('2d');
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const shows = node => {  // false where something else lies over the text, or it is clipped
    range.selectNodeContents(node);
    return [...range.getClientRects()].every(r => [r.left + 1, (r.left + r.right) / 2, r.right - 1].every(x => {
      const top = document.elementFromPoint(x, (r.top + r.bottom) / 2);
      return top && (top.contains(node) || node.contains(top));
    }));
  };
  const round = r => [r.left, r.top, r.right, r.bottom].map(v => Math.round(v * 10) / 10);
  for (let node; (node = walker.nextNode());) {
    const text = node.data;
    if (!text.trim() || !shows(node)) continue;
    for (let i = 0; i < text.length; i++) {
      if (!text[i].trim()) continue;
      range.setStart(node, i); range.setEnd(node, i + 1);
      const r = range.getBoundingClientRect();
      if (!r.width || r.top >= innerHeight) continue;
      chars.push([text[i], Math.round((r.left + r.right) * 5) / 10, Math.round((r.top + r.bottom) * 5) / 10]);
    }
  }
  const textBox = element => {
    if (!shows(element)) return null;
    range.selectNodeContents(element);
    return range.getClientRects().length === 1 ? range.getBoundingClientRect() : null;
  };
  for (const field of document.querySelectorAll('input, textarea, select')) {
    holes.push(round(field.getBoundingClientRect()));
  }
  for (const element of document.querySelectorAll('[data-k]')) {
    const box = element.getBoundingClientRect();
    if (box.bottom > innerHeight || box.right > innerWidth || box.left < 0) continue;
    const kind = element.dataset.k;
    let label = element.dataset.l, text;
    if (kind === 'point') { label = element.textContent; text = textBox(element); }
    else if (kind === 'icon') { text = element.querySelector('.icon').getBoundingClientRect(); }
    else if (kind === 'tick') {
      const row = 'near' in element.dataset ? element : element.closest('tr') ?? element.parentElement;
      const caption = row.querySelector('[data-c]');
      label = caption.textContent; text = textBox(caption);
    } else if (element.dataset.at === 'inside') {
      const s = getComputedStyle(element);
      canvas.font = `${s.fontWeight} ${s.fontSize} ${s.fontFamily}`;
      const left = box.left + parseFloat(s.paddingLeft) + parseFloat(s.borderLeftWidth);
      const line = parseFloat(s.fontSize) * 1.2;
      const first = box.top + parseFloat(s.paddingTop), middle = (box.top + box.bottom - line) / 2;
      const top = element.tagName === 'TEXTAREA' ? first : middle;
      const right = left + canvas.measureText(element.placeholder).width;
      text = right < box.right ? new DOMRect(left, top, right - left, line) : null;
    } else {
      const caption = element.parentElement.querySelector('[data-c]');
      text = caption && textBox(caption);
    }
    const middle = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    const shown = middle && (element.contains(middle) || (kind === 'point' && middle.contains(element)));
    if (!text || !text.width || !shown) continue;
    items.push({
      kind: kind === 'tick' && 'near' in element.dataset ? 'near' : kind,
      label,
      at: element.dataset.at || '',
      text: round(text),
      box: round(box),
    });
  }
  return {chars, items, holes};
}
