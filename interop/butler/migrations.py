"""Makes repositories as older versions of the original made them, and uses them after their migration. JSON in, JSON out."""

import json
import sys
from importlib.resources import files

from lsst.daf.butler import Butler, Config, DatasetType, DimensionConfig, Timespan
from lsst.sphgeom import Circle, ConvexPolygon, LonLat, UnitVector3d
from astropy.time import Time

INSTRUMENT = "LSSTCam"
PREFIX = "lsst.daf.butler.registry."


def make(root, universe, database, old_managers):
    dimensions = DimensionConfig(
        str(files("lsst.daf.butler") / f"configs/old_dimensions/daf_butler_universe{universe}.yaml")
    )
    config = Config()
    if database:
        config["registry", "db"] = database
    if old_managers:
        config["registry", "managers", "datasets"] = {
            "cls": PREFIX + "datasets.byDimensions.ByDimensionsDatasetRecordStorageManagerUUID",
            "schema_version": "1.0.0",
        }
    Butler.makeRepo(root, config=config, dimensionConfig=dimensions)
    with Butler.from_config(root, writeable=True, run="run/a") as butler:
        insert = butler.registry.insertDimensionData
        instrument = dict(name=INSTRUMENT, visit_max=10, exposure_max=10, detector_max=4, class_name="lsst.obs.lsst.LsstCam")
        if universe >= 2:
            instrument["visit_system"] = 2
        insert("instrument", instrument)
        insert("physical_filter", dict(instrument=INSTRUMENT, name="r_57", band="r"))
        for detector in range(2):
            insert("detector", dict(instrument=INSTRUMENT, id=detector, full_name=f"R{detector}"))
        for system, name in ((0, "one-to-one"), (1, "by-group")):
            insert("visit_system", dict(instrument=INSTRUMENT, id=system, name=name))
        span = Timespan(Time("2024-03-01T01:00:00", scale="tai"), Time("2024-03-01T01:00:30", scale="tai"))
        region = ConvexPolygon([UnitVector3d(LonLat.fromDegrees(*p)) for p in ((10, 0), (11, 0), (11, 1), (10, 1))])
        if universe >= 6:
            insert("day_obs", dict(instrument=INSTRUMENT, id=20240229))
            insert("group", dict(instrument=INSTRUMENT, name="g1"), dict(instrument=INSTRUMENT, name="g2"))
        for number, kind in ((1, "science"), (2, "bias")):
            exposure = dict(
                instrument=INSTRUMENT, id=number, physical_filter="r_57", obs_id=f"o{number}", exposure_time=30.0,
                observation_type=kind, observation_reason="test", day_obs=20240229, seq_num=number + 40, timespan=span,
            )
            if universe >= 6:
                exposure["group"] = f"g{number}"
            else:
                exposure.update(group_name=f"g{number}", group_id=number)
            insert("exposure", exposure)
        visit = dict(
            instrument=INSTRUMENT, id=1, name="v1", physical_filter="r_57", day_obs=20240229, exposure_time=30.0,
            timespan=span, region=region,
        )
        if universe < 2:
            insert("visit", dict(visit, visit_system=0))
            insert("visit_definition", dict(instrument=INSTRUMENT, visit_system=0, exposure=1, visit=1))
        else:
            insert("visit", dict(visit, seq_num=41))
            insert("visit_definition", dict(instrument=INSTRUMENT, exposure=1, visit=1))
            insert("visit_system_membership", dict(instrument=INSTRUMENT, visit_system=0, visit=1))
        insert("visit_detector_region", dict(instrument=INSTRUMENT, visit=1, detector=0, region=region))
        for name, dims in (("notes", ("visit", "detector")), ("raws", ("exposure", "detector"))):
            butler.registry.registerDatasetType(
                DatasetType(name, dims, "StructuredDataDict", universe=butler.dimensions)
            )
        butler.put({"a": 1}, "notes", instrument=INSTRUMENT, visit=1, detector=0)
        for exposure in (1, 2):
            butler.put({"e": exposure}, "raws", instrument=INSTRUMENT, exposure=exposure, detector=0)
    return state(root)


def state(root):
    with Butler.from_config(root) as butler:
        dates = {}
        for name in ("notes", "raws"):
            for ref in butler.query_datasets(name, collections="run/a"):
                dates[str(ref.id)] = [butler.get(ref), ref.run, ref.dataId.mapping["instrument"]]
        with butler.query() as query:
            ingested = {
                str(row["raws.dataset_id"]): float(row["raws.ingest_date"].unix_tai)
                for row in query.join_dataset_search("raws", "run/a").general(
                    ["exposure", "detector"], dataset_fields={"raws": {"dataset_id", "ingest_date"}}, find_first=False
                )
            }
        return {"universe": butler.dimensions.version, "datasets": dates, "ingested": ingested}


def use(root):
    """What a migrated repository tells, and that it can be written to."""
    with Butler.from_config(root, writeable=True, run="run/b") as butler:
        exposures = [r.toDict() for r in butler.query_dimension_records("exposure", order_by="exposure")]
        visits = [r.toDict() for r in butler.query_dimension_records("visit")]
        days = [r.toDict() for r in butler.query_dimension_records("day_obs")]
        members = [r.toDict() for r in butler.registry.queryDimensionRecords("visit_system_membership")]
        definitions = [r.toDict() for r in butler.registry.queryDimensionRecords("visit_definition")]
        found = butler.query_data_ids(["visit", "detector"], where=f"instrument='{INSTRUMENT}' AND visit.region OVERLAPS POINT(10.5, 0.5)")
        butler.registry.insertDimensionData("instrument", dict(name="a name of more than 16", class_name="x"))
        butler.registry.insertDimensionData("ssp_hypothesis_table", dict(name="t"))
        butler.registry.insertDimensionData("group", dict(instrument=INSTRUMENT, name="g3"))
        butler.registry.insertDimensionData(
            "exposure",
            dict(instrument=INSTRUMENT, id=3, physical_filter="r_57", obs_id="o3", day_obs=20240229, group="g3",
                 observation_reason="x" * 60, can_see_sky=True, seq_num=43),
        )
        ref = butler.put({"b": 2}, "raws", instrument=INSTRUMENT, exposure=3, detector=1)
        assert butler.get(ref) == {"b": 2}
        return json.loads(json.dumps({
            "state": state(root),
            "exposures": [{k: e[k] for k in ("id", "group", "day_obs", "seq_start", "has_simulated", "can_see_sky")} for e in exposures],
            "visits": [{k: v[k] for k in ("id", "seq_num", "day_obs", "azimuth")} for v in visits],
            "days": [
                [d["id"], *((d["timespan"].begin.tai.isot, d["timespan"].end.tai.isot) if d["timespan"] else ())]
                for d in days
            ],
            "members": [[m["visit_system"], m["visit"]] for m in members],
            "definitions": [[d["exposure"], d["visit"]] for d in definitions],
            "instrument": butler.query_dimension_records("instrument", instrument=INSTRUMENT)[0].visit_system,
            "overlapping": len(found),
        }))


request = json.load(sys.stdin)
call = request.pop("do")
json.dump(globals()[call](**request), sys.stdout)
