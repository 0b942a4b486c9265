# SPDX-License-Identifier: Apache-2.0
"""The file systems of guests: a base with tools and modules, made once for a kernel, and what one job adds to it.

The kernel unpacks several archives that follow each other in one file, the later over the earlier.
"""

import gzip
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

# Where the guest has them.
SCRIPTS = {"init": "init", "host-root": "usr/bin/host-root"}
TOOLS = ("busybox", "ip", "tc", "kmod", "bpftool")
MODULES = ("virtio_pci", "virtio_net", "virtio_rng", "virtiofs", "overlay", "veth", "sch_ingress", "cls_bpf",
           "xfrm_interface", "esp4_offload", "esp6_offload")
# What these hold is loaded by the name of an algorithm, and is no dependency of ESP's modules.
MODULE_FOLDERS = ("crypto", "arch/x86/crypto", "lib/crypto", "net/xfrm", "net/key")


def archive(tree):
    """The tree as a compressed cpio archive."""
    names = "\n".join(sorted(str(path.relative_to(tree)) for path in tree.rglob("*")))
    packed = subprocess.run(["cpio", "--create", "--format=newc", "--quiet", "--owner=0:0"], cwd=tree, check=True,
                            input=names.encode(), stdout=subprocess.PIPE).stdout
    return gzip.compress(packed, compresslevel=1)


def add_libraries(tree, programs):
    """The shared libraries that the programs want, where they want them."""
    for program in programs:
        listed = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for library in re.findall(r"/\S+", listed.stdout):
            # Debian's /lib is /usr/lib.
            target = tree / "usr" / library.removeprefix("/").removeprefix("usr/")
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(library, target)


def _find_tool(name):
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not path:
        raise FileNotFoundError(f"{name} is not installed; tools/setup installs it")
    return path


def _wanted_modules(directory):
    """Paths below lib/modules/RELEASE: those of MODULES, with what they depend on, and of MODULE_FOLDERS."""
    needs, by_name = {}, {}
    for line in (directory / "modules.dep").read_text().splitlines():
        path, _, dependencies = line.partition(":")
        needs[path] = dependencies.split()
        by_name[pathlib.Path(path).name.split(".")[0].replace("-", "_")] = path
    built_in = (directory / "modules.builtin").read_text()
    wanted = {path for path in needs if path.startswith(tuple(f"kernel/{folder}/" for folder in MODULE_FOLDERS))}
    for name in MODULES:
        if name in by_name:
            wanted.add(by_name[name])
        elif f"/{name}.ko" not in built_in:
            raise FileNotFoundError(f"{directory} has no module {name}")
    return wanted.union(*(needs[path] for path in wanted))


def _add_modules(tree, kernel):
    source = kernel.modules
    target = tree / "usr/lib/modules" / source.name
    for path in _wanted_modules(source):
        module = target / path.removesuffix(".xz")
        module.parent.mkdir(parents=True, exist_ok=True)
        octets = (source / path).read_bytes()
        module.write_bytes(lzma.decompress(octets) if path.endswith(".xz") else octets)
    for index in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        shutil.copy2(source / index, target)
    subprocess.run(["/sbin/depmod", "--basedir", tree / "usr", source.name], check=True)


def base_archive(kernel):
    """The path of the kernel's base archive, made anew when a tool or this recipe is newer."""
    tools = {name: _find_tool(name) for name in TOOLS}
    path = kernel.directory / "base.cpio.gz"
    sources = [__file__, *(HERE / script for script in SCRIPTS), kernel.directory / "package", *tools.values()]
    if path.exists() and path.stat().st_mtime >= max(os.stat(source).st_mtime for source in sources):
        return path
    with tempfile.TemporaryDirectory() as name:
        tree = pathlib.Path(name)
        for folder in ("usr/bin", "usr/lib", "usr/lib64", "etc", "dev", "proc", "sys", "run", "tmp", "root", "job"):
            (tree / folder).mkdir(parents=True)
        for link in ("bin", "lib", "lib64"):
            (tree / link).symlink_to(f"usr/{link}")
        (tree / "sbin").symlink_to("usr/bin")
        (tree / "usr/sbin").symlink_to("bin")
        for script, target in SCRIPTS.items():
            shutil.copy2(HERE / script, tree / target)
            (tree / target).chmod(0o755)
        (tree / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (tree / "etc/group").write_text("root:x:0:\n")
        for tool, source in tools.items():
            shutil.copy2(source, tree / "usr/bin" / tool)
        # A guest has the module commands under their own names.
        for link in ("modprobe", "lsmod", "rmmod"):
            (tree / "usr/bin" / link).symlink_to("kmod")
        add_libraries(tree, tools.values())
        _add_modules(tree, kernel)
        # Two tests may make it at once: each puts a whole one in place.
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.write_bytes(archive(tree))
        part.rename(path)
    return path


def job_archive(script, files):
    """/job with the files, the libraries they want and the script `run`."""
    with tempfile.TemporaryDirectory() as name:
        tree = pathlib.Path(name)
        (tree / "job").mkdir()
        for file in files:
            shutil.copy2(file, tree / "job")
        (tree / "job/run").write_text(script)
        add_libraries(tree, files)
        return archive(tree)
