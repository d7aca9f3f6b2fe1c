import Linux
import Testing

@testable import Launcher

struct NativeAccountsTests {
    private let passwd = """
        root:x:0:0:root:/root:/bin/bash
        daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
        ann:x:1000:1000:Ann:/home/ann:/bin/zsh
        tazpod:x:1500:1500::/elsewhere:/bin/sh
        broken line

        """
    private let group = """
        root:x:0:
        ann:x:1000:
        tazpod:x:1500:ann
        video:x:44:ann,tazpod
        tty:x:5:ann

        """

    private func make(_ user: String = "tazpod", uid: UInt32 = 1000, gid: UInt32 = 1000) -> NativeAccounts {
        NativeAccounts.make(user: user, uid: uid, gid: gid, passwd: passwd, group: group)
    }

    @Test("The workspace user comes last, in place of whoever had the name or the number")
    func replaced() {
        let accounts = make()
        #expect(
            accounts.passwd == """
                root:x:0:0:root:/root:/bin/bash
                daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
                tazpod:x:1000:1000:TazPod workspace:/home/tazpod:/bin/bash

                """)
        #expect(
            accounts.group == """
                root:x:0:
                video:x:44:ann
                tazpod:x:1000:

                """)
        #expect(accounts.uid == 1000 && accounts.gid == 1000)
    }

    @Test("There is no group of terminals, to which sshd would give the user's and may not")
    func terminals() {
        #expect(!make().group.contains("tty"))
    }

    @Test("A name that only begins like the user's stays, and a number too")
    func similar() {
        let accounts = make("an", uid: 100, gid: 4)
        #expect(accounts.passwd.contains("\nann:x:1000:"))
        #expect(accounts.group.contains("\nvideo:x:44:"))
    }

    @Test("The user is found in what was made, by name and by number")
    func found() throws {
        let accounts = make()
        let account = try #require(
            Account.parse("tazpod", passwd: [UInt8](accounts.passwd.utf8), group: [UInt8](accounts.group.utf8)))
        #expect(account.uid == 1000)
        #expect(account.home == "/home/tazpod")
        #expect(account.groups.first == 1000)
        #expect(Account.parse("1000", passwd: [UInt8](accounts.passwd.utf8), group: [])?.name == "tazpod")
    }

    @Test("Empty files get the user alone")
    func empty() {
        let accounts = NativeAccounts.make(user: "ann", uid: 5, gid: 6, passwd: "", group: "")
        #expect(accounts.passwd == "ann:x:5:6:TazPod workspace:/home/ann:/bin/bash\n")
        #expect(accounts.group == "ann:x:6:\n")
    }

    @Test("A project's owner is the workspace user, but root never is")
    func owner() throws {
        var plan = try plan()
        plan.directory = "/"
        let accounts = try NativeAccounts.forPod(plan, isMapped: false)
        #expect(accounts.uid == 1000 && accounts.gid == 1000)
    }
}
