import CLinux
import Contract
import Linux

/// /dev/fuse, opened: what a server reads requests from.
final class FuseConnection {
    let descriptor: Descriptor

    private init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    static func open() throws(Failure) -> FuseConnection {
        try failing(.provider, next: "pods of docker and of root have it, with driver: auto or fuse") { () throws(SystemError) in
            FuseConnection(try Descriptor.open("/dev/fuse", O_RDWR, stage: "open /dev/fuse"))
        }
    }
}

/// A FUSE file system that is mounted nowhere: it exists as long as its one file is open, and no mount table shows it.
///
/// That is also what keeps the server from waiting for itself: were the mount in a namespace that the server is in, or in the
/// enclave's, ending one would have to unmount through the other.
final class FuseMount {
    private let mount: Descriptor

    /// Makes the file system whose requests come to `connection`.
    init(_ connection: FuseConnection) throws(Failure) {
        let number = connection.descriptor.raw
        mount = try failing(
            .provider, next: "the pod needs CAP_SYS_ADMIN and a kernel with FUSE; tazpod up starts one that has it"
        ) {
            () throws(SystemError) in
            let context = Descriptor(owning: try retrying("make a FUSE file system") { clinux_fsopen("fuse") })
            let parameters = [
                ("source", "tazpod-vault"), ("fd", String(number)), ("rootmode", "100600"), ("user_id", "0"), ("group_id", "0"),
            ]
            for (key, value) in parameters {
                try retrying("set up a FUSE file system") { clinux_fsconfig_string(context.raw, key, value) }
            }
            try retrying("start a FUSE file system") { clinux_fsconfig_create(context.raw) }
            let attributes = UInt32(CLINUX_MOUNT_ATTR_NOSUID | CLINUX_MOUNT_ATTR_NODEV | CLINUX_MOUNT_ATTR_NOEXEC)
            return Descriptor(owning: try retrying("mount a FUSE file system") { clinux_fsmount(context.raw, attributes) })
        }
    }

    /// Opens the file, for which the server must be answering. With this value and the file closed, the server ends.
    func openFile() throws(Failure) -> Descriptor {
        try failing(.provider) { () throws(SystemError) in
            let file = try Descriptor.open("/proc/self/fd/\(mount.raw)", O_RDWR, stage: "open the vault's FUSE file")
            // A loop device of an older kernel (6.1) has the size that this one knows of the file: none, until somebody asks.
            var status = stat()
            try retrying("measure the vault's FUSE file") { fstat(file.raw, &status) }
            return file
        }
    }
}
