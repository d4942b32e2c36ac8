/** A size in bytes as a column of mebibytes. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1).padStart(8)} MiB`;
}
