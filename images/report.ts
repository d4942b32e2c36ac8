/** Takes one line that says what is being done now, for whoever shows progress. */
export type Report = (line: string) => void;

/** For callers that show nothing. */
export const silent: Report = () => {};
