/** Bounds of what the lab reads from bundles and scenario files. */
export const labLimits = {
  manifestBytesMax: 1 << 20,
  artefactsMax: 64,
  filesMax: 1_000,
  fileBytesMax: 1 << 30,
  scenarioBytesMax: 128 << 10,
  scenarioDepthMax: 16,
  findingsBytesMax: 256 << 20,
  truthBytesMax: 256 << 20,
} as const;
