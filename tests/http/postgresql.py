"""PostgreSQL for the tests of several hosts: the real one, as its own user, on the loopback, gone
with the test. Nothing is flushed, unless that is asked: what a disk may lose is PostgreSQL's
affair."""

import contextlib
import ctypes
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from harness import DEADLINE, reserve_port, wait_until

USER = "authd"
PASSWORD = "a password of the database"
PR_SET_PDEATHSIG = 1


def programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"),
                   key=lambda path: int(path.split("/")[4]))
    assert found, "there is no PostgreSQL: make packages.test"
    return os.path.dirname(found[-1])


def _as_postgres():
    """In the child: PostgreSQL does not run as root. It ends with this process."""
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


class Postgresql:
    """One server; a context manager. `of` is the primary that it follows, as a standby, by the port
    `by` (a relay's) if that is another one."""

    def __init__(self, of=None, name="db", by=None, flushes=False):
        self.name = name
        self.flushes = flushes
        self.port = reserve_port()
        self.directory = tempfile.mkdtemp(prefix="authd-test-pg-")
        self.data = os.path.join(self.directory, "data")
        os.chmod(self.directory, 0o700)
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        self.process = None
        self._log = open(os.path.join(self.directory, "log"), "ab")
        if of is None:
            self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync",
                      "-E", "UTF8", "--locale", "C")
            with open(os.path.join(self.data, "pg_hba.conf"), "w", encoding="ascii") as rules:
                rules.write("local all all trust\nlocal replication all trust\n"
                            "host replication all 127.0.0.1/32 trust\n"
                            "host all postgres 127.0.0.1/32 trust\n"
                            "host all all 127.0.0.1/32 scram-sha-256\n")
        else:
            self._run("pg_basebackup", "-D", self.data, "-h", of.directory, "-p", str(of.port),
                      "-U", "postgres", "-R", "-X", "stream", "--checkpoint=fast", "--no-sync")
            with open(os.path.join(self.data, "postgresql.auto.conf"), "a",
                      encoding="ascii") as settings:
                settings.write("primary_conninfo = 'host=127.0.0.1 port=%d user=postgres "
                               "application_name=%s'\n" % (by or of.port, name))
        self.start()
        if of is None:
            self.sql("CREATE ROLE %s LOGIN PASSWORD '%s'" % (USER, PASSWORD))
            self.sql("CREATE DATABASE authd OWNER %s" % USER)

    def _run(self, program, *arguments):
        done = subprocess.run([os.path.join(programs(), program), *arguments], check=False,
                              capture_output=True, preexec_fn=_as_postgres, timeout=DEADLINE,
                              cwd=self.directory)
        assert done.returncode == 0, done.stderr.decode()

    def start(self):
        self.process = subprocess.Popen(
            [os.path.join(programs(), "postgres"), "-D", self.data, "-k", self.directory,
             "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
             "-c", "fsync=" + ("on" if self.flushes else "off"),
             "-c", "max_connections=60", "-c", "shared_buffers=32MB",
             "-c", "wal_sender_timeout=5s", "-c", "dynamic_shared_memory_type=mmap"],
            stdout=self._log, stderr=self._log, preexec_fn=_as_postgres, cwd=self.directory)
        wait_until(lambda: self.process.poll() is None and self._answers(),
                   "PostgreSQL to start, see " + self.directory)

    def _answers(self):
        return subprocess.run([os.path.join(programs(), "pg_isready"), "-q", "-h", self.directory,
                               "-p", str(self.port)], check=False).returncode == 0

    def sql(self, text, database="postgres"):
        """Runs SQL as the superuser; returns what psql prints, without frames."""
        done = subprocess.run(
            [os.path.join(programs(), "psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1",
             "-h", self.directory, "-p", str(self.port), "-U", "postgres", "-d", database,
             "-c", text], check=False, capture_output=True, timeout=DEADLINE)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def _all(self):
        """The processes of the server, the first one first."""
        pids = [self.process.pid]
        for path in glob.glob("/proc/[0-9]*/stat"):
            with contextlib.suppress(OSError, ValueError):
                with open(path, encoding="ascii", errors="replace") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
                if int(fields[1]) == self.process.pid:
                    pids.append(int(path.split("/")[2]))
        return pids

    def signal_all(self, number):
        for pid in self._all():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def pause(self):
        self.signal_all(signal.SIGSTOP)

    def resume(self):
        self.signal_all(signal.SIGCONT)

    def kill(self):
        """As a machine that loses its power; nothing of it is left."""
        self.signal_all(signal.SIGKILL)
        self.process.wait(timeout=DEADLINE)
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(self.data, "postmaster.pid"))

    def stop(self):
        if self.process.poll() is None:
            self.resume()
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=DEADLINE)

    def promote(self):
        self.sql("SELECT pg_promote(true, 60)")

    def url(self, *others, password=PASSWORD, ports=None):
        """store.url for this server, and for others after a failover."""
        ports = ports or [server.port for server in (self, *others)]
        hosts = ",".join("127.0.0.1:%d" % port for port in ports)
        more = "?target_session_attrs=read-write" if len(ports) > 1 else ""
        return "postgresql://%s:%s@%s/authd%s" % (USER, password.replace(" ", "%20"), hosts, more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self._log.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class Relay:
    """Carries connections to a port until it is cut; then both sides hear nothing any more."""

    def __init__(self, port):
        self.target = port
        self.is_cut = False
        self._sockets = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.is_cut:
                    self._sockets.append(client)  # It waits for an answer that never comes.
                    continue
                try:
                    server = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    client.close()
                    continue
                self._sockets += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.is_cut:
                    return  # lost on the way
                target.sendall(data)
        if not self.is_cut:
            for end in (source, target):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        self.is_cut = True

    def mend(self):
        """The old connections are lost; new ones get through. (PostgreSQL ends sessions whose
        client is silent for seconds, by TCP's keepalives; but a relay answers these.)"""
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # close() would wait for the thread that reads
            end.close()
        self._sockets.clear()
        self.is_cut = False

    def close(self):
        self.is_cut = True
        self._listener.close()
        self.mend()
