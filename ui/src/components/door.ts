/** A point list, x and y in turn. */
type Outline = readonly number[];

interface Drawing {
  leaf: Outline;
  inset: Outline;
  knob: readonly [number, number];
  /** Where the leaf's free edge stands. */
  gap: number;
}

/** What the door looks like at a moment, as SVG attributes. */
export interface Picture {
  leaf: string;
  inset: string;
  knob: readonly [number, number];
  spill: string;
}

const X = 90;
const FLOOR = 224;

/** The door at any angle between 0 (shut) and 4 (open), drawn between the two nearest pictures. */
export function doorAt(open: number): Picture {
  const at = Math.min(DRAWINGS.length - 1, Math.max(0, open));
  const from = DRAWINGS[Math.floor(at)] ?? SHUT;
  const to = DRAWINGS[Math.ceil(at)] ?? from;
  const share = at - Math.floor(at);
  const mix = (a: number, b: number) => Math.round((a + (b - a) * share) * 10) / 10;
  const outline = (a: Outline, b: Outline) => `M${a.map((value, i) => mix(value, b[i] ?? value)).join(' ')}Z`;
  return {
    leaf: outline(from.leaf, to.leaf),
    inset: outline(from.inset, to.inset),
    knob: [mix(from.knob[0], to.knob[0]), mix(from.knob[1], to.knob[1])],
    spill: spill(mix(from.gap, to.gap), at),
  };
}

/** Light on the floor: a thin line below the shut door, then a beam that widens. */
function spill(gap: number, open: number): string {
  if (open < 0.02) return `${X + 2},${FLOOR} ${X + 118},${FLOOR} ${X + 128},${FLOOR + 7} ${X - 8},${FLOOR + 7}`;
  const points = [
    [X + gap - 2, FLOOR],
    [X + 120, FLOOR],
    [X + 134 + open * 12, FLOOR + 90],
    [X + gap - 26 - open * 14, FLOOR + 90],
  ];
  return points.map(([x, y]) => `${x},${y}`).join(' ');
}

const SHUT: Drawing = {
  leaf: [
    0, 200, 0, 60, 0.9, 49.6, 3.6, 39.5, 8, 30, 14, 21.4, 21.4, 14, 30, 8, 39.5, 3.6, 49.6, 0.9, 60, 0, 70.4, 0.9, 80.5,
    3.6, 90, 8, 98.6, 14, 106, 21.4, 112, 30, 116.4, 39.5, 119.1, 49.6, 120, 60, 120, 200,
  ],
  inset: [
    14, 180, 14, 60, 15.2, 49.8, 18.6, 40, 24, 31.3, 31.3, 24, 40, 18.6, 49.8, 15.2, 60, 14, 70.2, 15.2, 80, 18.6, 88.7,
    24, 96, 31.3, 101.4, 40, 104.8, 49.8, 106, 60, 106, 180,
  ],
  knob: [106, 112],
  gap: 120,
};

/** Five pictures from one perspective drawing, with the same points in the same order. */
const DRAWINGS: readonly Drawing[] = [
  SHUT,
  {
    leaf: [
      0, 200, 0, 60, 0.9, 49.6, 3.7, 39.7, 8.1, 30.6, 14.1, 22.5, 21.4, 15.8, 29.7, 10.7, 38.9, 7.2, 48.4, 5.5, 58.1,
      5.6, 67.7, 7.3, 76.8, 10.7, 85.3, 15.7, 92.8, 21.9, 99.2, 29.2, 104.4, 37.5, 108.1, 46.5, 110.4, 55.8, 111.2,
      65.4, 111.2, 193.2,
    ],
    inset: [
      14.1, 179.4, 14.1, 60.7, 15.2, 50.6, 18.6, 41.2, 23.9, 33, 31, 26.4, 39.4, 21.7, 48.6, 19.2, 58.1, 18.9, 67.5,
      20.8, 76.3, 24.7, 84.1, 30.5, 90.5, 37.8, 95.3, 46.2, 98.3, 55.3, 99.2, 64.8, 99.2, 175.5,
    ],
    knob: [99.2, 112.8],
    gap: 111.2,
  },
  {
    leaf: [
      0, 200, 0, 60, 0.8, 49.7, 3.3, 39.9, 7.2, 31.1, 12.5, 23.5, 18.9, 17.4, 26.1, 12.9, 33.9, 10.2, 41.9, 9.3, 50, 10,
      57.9, 12.4, 65.3, 16.3, 72, 21.6, 78, 27.9, 83.1, 35.2, 87.1, 43.2, 90, 51.7, 91.8, 60.5, 92.4, 69.4, 92.4, 188.1,
    ],
    inset: [
      12.5, 178.8, 12.5, 61.3, 13.5, 51.4, 16.4, 42.3, 21.1, 34.5, 27.2, 28.4, 34.3, 24.4, 42.1, 22.6, 50, 22.9, 57.7,
      25.3, 64.9, 29.6, 71.1, 35.5, 76.2, 42.7, 80, 50.8, 82.3, 59.6, 83.1, 68.5, 83.1, 172.1,
    ],
    knob: [83.1, 113.4],
    gap: 92.4,
  },
  {
    leaf: [
      0, 200, 0, 60, 0.6, 49.7, 2.5, 40.1, 5.5, 31.5, 9.4, 24.2, 14.2, 18.5, 19.6, 14.5, 25.3, 12.3, 31.2, 11.9, 37,
      13.2, 42.6, 16, 47.9, 20.1, 52.7, 25.5, 56.9, 31.9, 60.4, 39.1, 63.2, 46.9, 65.2, 55.1, 66.4, 63.6, 66.8, 72.1,
      66.8, 184.8,
    ],
    inset: [
      9.4, 178.4, 9.4, 61.7, 10.2, 51.9, 12.4, 43, 15.8, 35.5, 20.4, 29.8, 25.6, 26.3, 31.3, 24.9, 37, 25.6, 42.5, 28.4,
      47.6, 32.9, 52, 38.9, 55.6, 46, 58.2, 53.9, 59.8, 62.4, 60.4, 70.9, 60.4, 169.8,
    ],
    knob: [60.4, 113.8],
    gap: 66.8,
  },
  {
    leaf: [
      0, 200, 0, 60, 0.3, 49.7, 1.3, 40.2, 2.8, 31.7, 4.9, 24.6, 7.3, 19.1, 10, 15.4, 13, 13.5, 15.9, 13.3, 18.9, 14.8,
      21.7, 17.8, 24.3, 22.1, 26.7, 27.6, 28.8, 34, 30.5, 41.2, 31.9, 48.9, 32.9, 56.9, 33.5, 65.2, 33.7, 73.4, 33.7,
      183.1,
    ],
    inset: [
      4.9, 178.2, 4.9, 61.9, 5.2, 52.2, 6.4, 43.4, 8.2, 36.1, 10.5, 30.6, 13.1, 27.3, 16, 26.1, 18.9, 27.1, 21.6, 30,
      24.2, 34.6, 26.4, 40.6, 28.1, 47.7, 29.4, 55.6, 30.2, 63.8, 30.5, 72.2, 30.5, 168.6,
    ],
    knob: [30.5, 114],
    gap: 33.7,
  },
];
