/** The value of an output that is a finished file already, in the form its dataset type is stored in: it is moved into the
 * repository instead of being written by a formatter. */
export class FileValue {
  /** Local path. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}
