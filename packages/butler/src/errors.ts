/** Every error code of this room, with what it means and what to do. */
export const BUTLER_ERRORS: Readonly<Record<string, string>> = {
  "BUTLER.REPOSITORY_MISSING": "There is no repository here (no butler.yaml). Check the path, or create one.",
  "BUTLER.REPOSITORY_EXISTS": "A repository exists here already. Use it, or choose another folder.",
  "BUTLER.REPOSITORY_INVALID":
    "The repository's configuration or database cannot be understood; the message says what.",
  "BUTLER.REPOSITORY_VERSION":
    "The repository was made by a version of the Butler whose layout differs. Migrate it, or open it with that version.",
  "BUTLER.READ_ONLY": "The repository was opened for reading. Open it for writing to change it.",
  "BUTLER.UNIVERSE_INVALID": "The dimension configuration stored in the repository is not sound.",
  "BUTLER.DIMENSION_UNKNOWN": "No dimension or dimension element has this name. Check its spelling.",
  "BUTLER.DATA_ID_INVALID":
    "A data id lacks a dimension, or a value has the wrong type. The message names it.",
  "BUTLER.RECORD_INVALID":
    "A dimension record lacks a key or holds a value of the wrong type. The message names the field.",
  "BUTLER.RECORD_MISSING":
    "A data id or record refers to a dimension record that is not in the repository. Insert it first.",
  "BUTLER.RECORD_CONFLICT":
    "A dimension record of this key exists with other values. Use replace or update if it is to change.",
  "BUTLER.COLLECTION_MISSING": "There is no collection of this name. List them with query-collections.",
  "BUTLER.COLLECTION_KIND": "A collection is not of the kind this needs (RUN, TAGGED, CHAINED, CALIBRATION).",
  "BUTLER.COLLECTION_CYCLE": "A chain would contain itself. Leave that child out.",
  "BUTLER.COLLECTION_IN_USE": "A chain still holds this collection. Take it out of the chain first.",
  "BUTLER.COLLECTION_EXPRESSION":
    "A search that takes the first match needs exact collection names, no wildcards.",
  "BUTLER.COLLECTION_NONE":
    "No collection was given and the Butler has no default. Name the collections or the run.",
  "BUTLER.NAME_INVALID": "A dataset type or collection name holds characters it must not, or is too long.",
  "BUTLER.DATASET_TYPE_MISSING":
    "No dataset type of this name is registered. Check its spelling, or register it.",
  "BUTLER.DATASET_TYPE_CONFLICT": "A dataset type of this name exists with another definition.",
  "BUTLER.DATASET_TYPE_IN_USE": "Datasets of this type exist; remove them first.",
  "BUTLER.DATASET_MISSING": "There is no such dataset in the collections searched, or it has no stored file.",
  "BUTLER.DATASET_CONFLICT":
    "The run already holds another dataset of this type and data id. Write to a new run, or prune it first.",
  "BUTLER.DATASET_IN_USE": "The dataset is in a TAGGED or CALIBRATION collection; take it out, or purge it.",
  "BUTLER.FILE_MISSING": "The file of a dataset is not where the repository says. Run fsck.",
  "BUTLER.FILE_CHANGED": "A file differs from its checksum. Restore it from a copy.",
  "BUTLER.NOT_LOCAL":
    "A file is in a remote store where this needs one on this machine. Copy it, or use a local repository.",
  "BUTLER.FORMATTER_MISSING":
    "No formatter is known for this storage class or stored class name. Register one.",
  "BUTLER.FORMATTER_FAILED": "A file could not be read or written as its type demands; the cause says why.",
  "BUTLER.STORAGE_CLASS": "The value given is not of the kind its storage class holds.",
  "BUTLER.PARAMETER_UNKNOWN":
    "The storage class of a dataset has no such read parameter; the message lists its own.",
  "BUTLER.TEMPLATE_INVALID": "A file name template is wrong, or lacks a value for the data id.",
  "BUTLER.CALIBRATION_CONFLICT": "Another calibration is valid for part of that time. Decertify it first.",
  "BUTLER.CALIBRATION_AMBIGUOUS":
    "Several calibrations match; give a time span or a data id with an exposure or visit.",
  "BUTLER.QUERY_INVALID": "The expression is wrong; the message points at the place.",
  "BUTLER.QUERY_UNSUPPORTED":
    "The expression is sound but cannot be answered in this place; the message says what to do.",
  "BUTLER.IMPORT_INVALID": "An export file cannot be understood; the message says where.",
  "BUTLER.CREDENTIALS_INVALID":
    "The file (or variable) with the passwords of database servers cannot be used; the message says why.",
  "BUTLER.PERMISSIONS_INVALID": "The file of permissions cannot be understood; the message says where.",
  "BUTLER.FORBIDDEN": "The caller may not do this. Ask whoever keeps the server's permissions.",
  "BUTLER.REQUEST_INVALID": "A request to the server is not as it should be; the message says where.",
  "BUTLER.REQUEST_TOO_LARGE": "A request or an upload is larger than the server takes.",
  "BUTLER.SERVER_BUSY": "The server has as many queries under way as it may. Ask again soon.",
  "BUTLER.SERVER_FAILED": "The server failed, or is no Butler server; its log says why.",
  "BUTLER.SERVER_UNREACHABLE": "The Butler server does not answer. Check its address, then try again.",
  "BUTLER.REMOTE_UNSUPPORTED":
    "A Butler on a server cannot do this; the message says what can be done instead.",
  "BUTLER.ZIP_INVALID":
    "An archive of datasets is damaged, or names what it must not; the message says what.",
  "BUTLER.MIGRATION_UNKNOWN": "No known migrations lead to this revision. See migrate show-history.",
  "BUTLER.MIGRATION_REFUSED":
    "What a repository holds does not fit its next version; the message says what to mend. Nothing was changed.",
  "BUTLER.DATASTORE_REFUSES":
    "The constraints of every datastore in butler.yaml refuse this dataset type or storage class.",
  "BUTLER.TRANSFER_UNSUPPORTED": "A dataset cannot be brought over in this way; the message says how it can.",
};
