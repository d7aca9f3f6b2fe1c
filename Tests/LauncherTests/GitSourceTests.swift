import Testing

@testable import Launcher

struct GitSourceTests {
    @Test(
        "A repository's address names its folder",
        arguments: [
            ("https://github.com/o/web", "https://github.com/o/web", "web"),
            ("https://github.com/o/web.git", "https://github.com/o/web.git", "web"),
            ("https://github.com/o/web/", "https://github.com/o/web", "web"), ("git@host:o/web.git", "git@host:o/web.git", "web"),
            ("ssh://git@host:22/o/web", "ssh://git@host:22/o/web", "web"), ("file:///srv/web.git", "file:///srv/web.git", "web"),
            ("https://github.com/o/web?tab=readme", "https://github.com/o/web", "web"),
            ("file:///srv/web#1", "file:///srv/web#1", "web#1"),
        ])
    func repositories(text: String, repository: String, folder: String) {
        let source = GitSource(text)
        #expect(source?.repository == repository)
        #expect(source?.folder == folder)
        #expect(source != nil && source?.reference == nil)
    }

    @Test(
        "A request is a reference of its repository, in a folder of its own",
        arguments: [
            ("https://github.com/o/web/pull/12", "https://github.com/o/web", "pull/12/head", "web-pull-12"),
            ("https://github.com/o/web/pull/12/files", "https://github.com/o/web", "pull/12/head", "web-pull-12"),
            ("https://github.com/o/web/pull/12#issuecomment-7", "https://github.com/o/web", "pull/12/head", "web-pull-12"),
            (
                "https://gitlab.com/g/s/web/-/merge_requests/3", "https://gitlab.com/g/s/web", "merge-requests/3/head",
                "web-merge-3"
            ),
            (
                "https://gitlab.com/g/s/web/-/merge_requests/3/diffs?view=inline", "https://gitlab.com/g/s/web",
                "merge-requests/3/head", "web-merge-3"
            ),
        ])
    func requests(text: String, repository: String, reference: String, folder: String) {
        let source = GitSource(text)
        #expect(source?.repository == repository)
        #expect(source?.reference == reference)
        #expect(source?.folder == folder)
    }

    @Test(
        "What is no address is none, and no option of git's",
        arguments: [
            "web", "./web", "/srv/web", "--upload-pack=x", "https://", "ext::sh -c x", "-c@x:y", "https://h/a b", "file:///..",
            "C:/x",
        ])
    func others(text: String) {
        #expect(GitSource(text) == nil)
    }
}
