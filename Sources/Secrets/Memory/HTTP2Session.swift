import CNghttp2
import Glibc

/// Takes the place of libnghttp2's function, which libcurl calls for each HTTP/2 connection: a program's own functions come before
/// those of libraries (ld.so(8)).
///
/// What is sent, with its tokens, libnghttp2 copies; libcurl 7 leaves that on the ordinary heap, where nothing is locked or wiped.
@c(nghttp2_session_client_new2)
public func makeSessionOnSecretHeap(
    _ session: UnsafeMutablePointer<OpaquePointer?>?, _ callbacks: OpaquePointer?, _ data: UnsafeMutableRawPointer?,
    _ options: OpaquePointer?
) -> Int32 {
    var memory = nghttp2_mem(
        mem_user_data: nil,
        malloc: { size, _ in SecretHeap.allocate(size) },
        free: { pointer, _ in SecretHeap.release(pointer) },
        calloc: { count, size, _ in SecretHeap.allocateZeroed(count, size) },
        realloc: { pointer, size, _ in SecretHeap.reallocate(pointer, size) })
    return nghttp2_session_client_new3(session, callbacks, data, options, &memory)
}

/// Whether libcurl finds it: else HTTP/2 is not to be used.
func hasSessionOnSecretHeap() -> Bool {
    typealias Function =
        @convention(c) (
            UnsafeMutablePointer<OpaquePointer?>?, OpaquePointer?, UnsafeMutableRawPointer?, OpaquePointer?
        ) -> Int32
    let ours: Function = makeSessionOnSecretHeap
    return dlsym(nil, "nghttp2_session_client_new2") == unsafeBitCast(ours, to: UnsafeMutableRawPointer.self)
}
