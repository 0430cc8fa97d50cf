/** Rubin's service classes by the workload system that answers for them here. */
const SERVICE_CLASSES: ReadonlyMap<string, string> = new Map([
  ["lsst.ctrl.bps.htcondor.HTCondorService", "htcondor"],
  ["lsst.ctrl.bps.htcondor.htcondor_service.HTCondorService", "htcondor"],
  ["lsst.ctrl.bps.parsl.ParslService", "parsl"],
  ["lsst.ctrl.bps.panda.PanDAService", "workload"],
  ["lsst.ctrl.bps.panda.panda_service.PanDAService", "workload"],
  ["lsst.ctrl.bps.wms.panda.panda_service.PanDAService", "workload"],
]);

/** The key of a workload system for a `wmsServiceClass`, which may be Rubin's class or our own key. */
export function findSystemName(serviceClass: string): string {
  return SERVICE_CLASSES.get(serviceClass) ?? serviceClass;
}
