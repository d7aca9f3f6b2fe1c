import CFuse
import CLinux
import Contract
import Linux

/// Serves a plain device as one regular file over FUSE (libfuse's low-level interface): the root inode is the file.
///
/// Requests are answered by several threads. Nothing is cached on the way: the file is opened for direct I/O.
enum FuseServer {
    private static let rootMode = mode_t(S_IFREG) | 0o600
    /// Smaller requests cost more of the kernel's time; larger ones, more memory, and fewer are under way side by side. Measured
    /// between 128 KiB and FUSE's most, 1 MiB, and with 2, 3, 4 and 8 threads.
    static let largestRequest = 512 << 10
    private static let threads: UInt32 = 4

    /// Answers requests on `connection`, an open /dev/fuse, until the file's last user has gone.
    ///
    /// - Throws: code 4 when libfuse cannot start.
    static func serve(_ device: PlainDevice, connection: borrowing Descriptor) throws(Failure) {
        var operations = FuseServer.operations
        let userData = Unmanaged.passRetained(device)
        defer { userData.release() }
        var name = [CChar](repeating: 0, count: 8)
        let session = name.withUnsafeMutableBufferPointer { name -> OpaquePointer? in
            var arguments: [UnsafeMutablePointer<CChar>?] = [name.baseAddress, nil]
            return arguments.withUnsafeMutableBufferPointer {
                var list = fuse_args(argc: 1, argv: $0.baseAddress, allocated: 0)
                defer { fuse_opt_free_args(&list) }
                return fuse_session_new(&list, &operations, MemoryLayout<fuse_lowlevel_ops>.size, userData.toOpaque())
            }
        }
        // libfuse closes the descriptor with the session, so it gets one of its own.
        guard let session, let copy = try? connection.duplicate().release(), fuse_session_mount(session, "/dev/fd/\(copy)") == 0
        else { throw Failure(.provider, "libfuse cannot use /dev/fuse; tazpod up starts one that has it") }
        defer { fuse_session_destroy(session) }
        let configuration = fuse_loop_cfg_create()
        defer { fuse_loop_cfg_destroy(configuration) }
        fuse_loop_cfg_set_max_threads(configuration, FuseServer.threads)
        fuse_loop_cfg_set_idle_threads(configuration, FuseServer.threads)
        _ = cfuse_session_loop_mt(session, configuration)
    }

    private static var operations: fuse_lowlevel_ops {
        var operations = fuse_lowlevel_ops()
        operations.`init` = { _, connection in
            guard let connection else { return }
            connection.pointee.want |= connection.pointee.capable & UInt32(FUSE_CAP_ASYNC_DIO)
            connection.pointee.max_write = UInt32(FuseServer.largestRequest)
            connection.pointee.max_background = 64
            connection.pointee.congestion_threshold = 48
        }
        operations.getattr = { request, inode, _ in
            var attributes = FuseServer.attributes(FuseServer.device(request))
            fuse_reply_attr(request, &attributes, 86_400)
        }
        operations.open = { request, inode, information in
            information?.pointee.direct_io = 1
            fuse_reply_open(request, information)
        }
        operations.read = { request, inode, size, offset, _ in
            FuseServer.answer(request) { device throws(SystemError) in
                try device.read(at: UInt64(max(offset, 0)), length: size) {
                    fuse_reply_buf(request, $0.bindMemory(to: CChar.self).baseAddress, $0.count)
                }
            }
        }
        operations.write = { request, inode, bytes, size, offset, _ in
            FuseServer.answer(request) { device throws(SystemError) in
                try device.write(UnsafeRawBufferPointer(start: bytes, count: size), at: UInt64(max(offset, 0)))
                fuse_reply_write(request, size)
            }
        }
        operations.fsync = { request, inode, _, _ in
            FuseServer.answer(request) { device throws(SystemError) in
                try device.flush()
                fuse_reply_err(request, 0)
            }
        }
        return operations
    }

    private static func device(_ request: fuse_req_t?) -> PlainDevice {
        Unmanaged<PlainDevice>.fromOpaque(fuse_req_userdata(request)).takeUnretainedValue()
    }

    private static func attributes(_ device: PlainDevice) -> stat {
        var attributes = stat()
        attributes.st_ino = 1
        attributes.st_mode = rootMode
        attributes.st_nlink = 1
        attributes.st_size = off_t(clamping: device.segment.length)
        attributes.st_blksize = 4096
        return attributes
    }

    /// Runs one request, and answers it with the error if it fails.
    private static func answer(_ request: fuse_req_t?, _ body: (PlainDevice) throws(SystemError) -> Void) {
        do {
            try body(device(request))
        } catch {
            fuse_reply_err(request, error.errno)
        }
    }
}
