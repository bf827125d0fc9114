// Affine maps as six numbers, row by row: x' = a x + b y + e, y' = c x + d y + f stand as [a, b, e, c, d, f].

export const identity = [1, 0, 0, 0, 1, 0];

/** First `inner`, then `outer`. */
export function compose(outer, inner) {
  const [a, b, e, c, d, f] = outer;
  const [p, q, x, r, s, y] = inner;
  return [a * p + b * r, a * q + b * s, a * x + b * y + e, c * p + d * r, c * q + d * s, c * x + d * y + f];
}

/** The way back. */
export function invert([a, b, e, c, d, f]) {
  const area = a * d - b * c || 1e-12;
  const [p, q, r, s] = [d / area, -b / area, -c / area, a / area];
  return [p, q, -(p * e + q * f), r, s, -(r * e + s * f)];
}

export function apply([a, b, e, c, d, f], [x, y]) {
  return [a * x + b * y + e, c * x + d * y + f];
}

export const scaling = (x, y) => [x, 0, 0, 0, y, 0];

/** How much longer lengths become, in the mean of both directions. */
export const scaleOf = ([a, b, , c, d]) => Math.sqrt(Math.abs(a * d - b * c));

export const css = ([a, b, e, c, d, f]) => `matrix(${a}, ${c}, ${b}, ${d}, ${e}, ${f})`;

/** The smallest upright box round a frame of `width` × `height` after the map: [left, top, right, bottom]. */
export function box(map, width, height) {
  const corners = [[0, 0], [width, 0], [0, height], [width, height]].map((corner) => apply(map, corner));
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

export const union = (one, other) => [
  Math.min(one[0], other[0]),
  Math.min(one[1], other[1]),
  Math.max(one[2], other[2]),
  Math.max(one[3], other[3]),
];

/** For each photo of a group the map from its own pixels into the scene, which is the pixels of the one at the top. */
export function scenes(photos) {
  const maps = [];
  const of = (place, depth = 0) => {
    if (maps[place]) return maps[place];
    const photo = photos[place];
    const above = photo.parent;
    if (above === null || depth > photos.length) return (maps[place] = identity);
    const parent = photos[above];
    const onParent = photo.matrix
      ? compose(scaling(parent.width, parent.height), compose(photo.matrix, scaling(1 / photo.width, 1 / photo.height)))
      : fitted(photo, parent);
    return (maps[place] = compose(of(above, depth + 1), onParent));
  };
  photos.forEach((_, place) => of(place));
  return maps;
}

/** Where nothing says how two photos lie on each other: as large as it fits, in the middle. */
function fitted(photo, parent) {
  const scale = Math.min(parent.width / photo.width, parent.height / photo.height);
  return [
    scale, 0, (parent.width - photo.width * scale) / 2,
    0, scale, (parent.height - photo.height * scale) / 2,
  ];
}
