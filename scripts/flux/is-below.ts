/** Whether a path is one of these files, or a file in one of these folders. */
export function isBelow(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || path.startsWith(`${place}/`));
}
