import { statfs } from "node:fs/promises";

/** Magic numbers of file systems whose files one machine alone has open (statfs(2)). */
const LOCAL = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x2fc12fc1, // zfs
  0xca451a4e, // bcachefs
  0xf2f52010, // f2fs
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x794c7630, // overlayfs
]);

/** True where a path lies on a file system known to be local; false on network, FUSE and unknown ones. */
export async function isOnLocalFileSystem(path: string): Promise<boolean> {
  return LOCAL.has((await statfs(path)).type);
}
