import { Failure } from "#shared/failure.ts";

const pixelsMax = 24_000_000;

/**
 * What a QR code in a picture says; null where none is found. Works on the pixels of the PNG file as it was
 * published. Failure `malformed` for what is no picture.
 */
export async function readPicture(bytes: Uint8Array): Promise<string | null> {
  const [{ decode }, { decodeQR }] = await Promise.all([
    import("fast-png"),
    import("qr/decode.js"),
  ]);
  let picture: ReturnType<typeof decode>;
  try {
    picture = decode(bytes);
  } catch {
    throw new Failure("malformed", "picture: not a PNG file that can be read");
  }
  const { width, height, channels, depth, data } = picture;
  if (width * height > pixelsMax) throw new Failure("too-large", "picture: too many pixels");
  if (depth !== 8) throw new Failure("malformed", "picture: expected eight bits a colour");
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let colour = 0; colour < 3; colour++) {
      const from = pixel * channels + (channels < 3 ? 0 : colour);
      rgb[pixel * 3 + colour] = data[from] ?? 0;
    }
  }
  try {
    // Bounds are counts and never times, so that findings repeat exactly.
    return decodeQR(
      { width, height, data: rgb },
      { effort: 8, timeLimit: Number.POSITIVE_INFINITY },
    );
  } catch {
    return null;
  }
}
