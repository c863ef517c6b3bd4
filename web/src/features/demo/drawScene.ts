import { type Part, type Scene, SIZE } from "./scene";

/** The scene as a JPEG file, drawn by this browser. */
export async function drawScene(scene: Scene, fileName: string): Promise<File> {
  const canvas = new OffscreenCanvas(SIZE.width, SIZE.height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser draws no pictures.");
  const [r, g, b] = scene.ground;
  context.fillStyle = `rgb(${r} ${g} ${b})`;
  context.fillRect(0, 0, SIZE.width, SIZE.height);
  scene.scratches.forEach(({ from, to }, index) => {
    const shift = index % 2 === 0 ? 18 : -18;
    context.strokeStyle = `rgb(${r + shift} ${g + shift} ${b + shift})`;
    context.lineWidth = 1 + (index % 7);
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
  });
  for (const part of scene.parts) drawPart(context, part);
  return new File([await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 })], fileName, { type: "image/jpeg" });
}

function drawPart(context: OffscreenCanvasRenderingContext2D, part: Part): void {
  const { x, y, width, height, corners, tone } = part;
  context.lineWidth = 2;
  context.fillStyle = `rgb(${tone} ${tone} ${Math.min(255, tone + 12)})`;
  context.strokeStyle = `rgb(${tone - 90} ${tone - 90} ${tone - 78})`;
  context.beginPath();
  if (corners.length === 0) {
    // The line's outer half would lie outside the box.
    context.arc(x + width / 2, y + height / 2, width / 2 - 1, 0, 2 * Math.PI);
    context.arc(x + width / 2, y + height / 2, width / 5, 0, 2 * Math.PI, true);
  } else {
    for (const [cx, cy] of corners) context.lineTo(cx, cy);
    context.closePath();
  }
  context.fill("evenodd");
  context.stroke();
  if (part.kind !== "bolt") return;
  context.beginPath();
  context.moveTo(x + width * 0.3, y + height / 2);
  context.lineTo(x + width * 0.7, y + height / 2);
  context.lineWidth = 4;
  context.stroke();
}
