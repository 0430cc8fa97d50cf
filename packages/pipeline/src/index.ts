export { NoWorkFound } from "./no-work-found.ts";
export {
  type AnyTask,
  type Connection,
  type Connections,
  type DatasetHandle,
  defineTask,
  type Inputs,
  input,
  inputs,
  type Outputs,
  output,
  outputs,
  prerequisite,
  prerequisites,
  type Task,
  type TaskContext,
} from "./task.ts";
