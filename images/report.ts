/** Shows one line of progress. */
export type Report = (line: string) => void;

/** Shows nothing. */
export const silent: Report = () => {};
