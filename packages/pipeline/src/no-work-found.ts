/** Thrown by a task when its inputs hold nothing to do: the quantum succeeds with a caveat and its outputs stay absent. */
export class NoWorkFound extends Error {}
