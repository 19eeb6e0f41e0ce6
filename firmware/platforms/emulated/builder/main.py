"""How a program for an emulated board is built: start-up and linker script of `runtime/`, the board's own flags."""

from os.path import join

from SCons.Script import AlwaysBuild, Default, DefaultEnvironment

env = DefaultEnvironment()
platform = env.PioPlatform()
board = env.BoardConfig()
runtime = join(platform.get_dir(), "runtime")
prefix = board.get("build.compiler")
core = board.get("build.core_flags").split()

env.Replace(
    AR=prefix + "gcc-ar",
    AS=prefix + "as",
    CC=prefix + "gcc",
    CXX=prefix + "g++",
    GDB=prefix + "gdb",
    OBJCOPY=prefix + "objcopy",
    RANLIB=prefix + "gcc-ranlib",
    SIZETOOL=prefix + "size",
    ARFLAGS=["rc"],
    PROGNAME="firmware",
    PROGSUFFIX=".elf",
    SIZEPROGREGEXP=r"^(?:\.text|\.data|\.rodata|\.ARM\.exidx)\s+(\d+).*",
    SIZEDATAREGEXP=r"^(?:\.data|\.bss|\.stack)\s+(\d+).*",
    SIZECHECKCMD="$SIZETOOL -A -d $SOURCES",
    SIZEPRINTCMD="$SIZETOOL -B -d $SOURCES",
)
env.Append(
    ASFLAGS=core,
    ASPPFLAGS=["-x", "assembler-with-cpp"],
    CCFLAGS=[*core, "-ffunction-sections", "-fdata-sections"],
    CPPPATH=[runtime],
    LINKFLAGS=[*core, "-nostartfiles", "-Wl,--gc-sections", "-Wl,-Map," + join("$BUILD_DIR", "firmware.map")],
    LIBPATH=[runtime],
    LIBS=["c", "gcc"],
)
env.Replace(LDSCRIPT_PATH=join(runtime, board.get("build.ldscript")))
env.BuildSources(join("$BUILD_DIR", "runtime"), runtime)

program = env.BuildProgram()
AlwaysBuild(env.Alias("size", program, env.VerboseAction("$SIZEPRINTCMD", "Calculating size $SOURCE")))
env.AddPlatformTarget("upload", program, [], "Nothing to upload: QEMU loads the program when it starts")
Default(program)
