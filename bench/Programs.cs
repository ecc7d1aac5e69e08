using System.Diagnostics;
using System.Runtime.InteropServices;
using Cea.Testing;

namespace Cea.Bench;

/// <summary>Other programs that are measured beside ours, from Debian's packages; installed where they are missing and this may do so.</summary>
internal static partial class Programs
{
    public static string Cea { get; } = Path.Combine(TestDatabase.RepositoryRoot, "src", "Host", "bin", "Release", "net10.0", "cea.dll");

    /// <exception cref="InvalidOperationException">Neither there nor to be had.</exception>
    public static void Need(string file, string package)
    {
        if (file.Split('|').Any(File.Exists))
            return;
        if (RunQuietly("apt-get", "install", "-y", "-qq", "--no-install-recommends", package) != 0 || !file.Split('|').Any(File.Exists))
            throw new InvalidOperationException($"{package} is needed: apt-get install {package}");
    }

    public static void NeedRivals()
    {
        Need("/usr/lib/python3/dist-packages/sklearn/__init__.py", "python3-sklearn");
        Need("/usr/bin/fasttext", "fasttext");
    }

    private static int RunQuietly(string program, params string[] arguments) => Run(program, arguments).Code;

    /// <summary>Runs to the end; what it wrote, and the processor time that it took.</summary>
    public static (int Code, string Output, TimeSpan Processor) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        foreach (var one in new[] { "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS" })
            start.Environment[one] = "1";
        var before = OfChildren();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, OfChildren() - before);
    }

    /// <summary>As <see cref="Run"/>, and fails when it failed.</summary>
    public static string Output(string program, params string[] arguments) =>
        Run(program, arguments) is { Code: 0 } done ? done.Output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed");

    /// <summary>Processor time of the programs that have ended, in user and in kernel mode.</summary>
    private static TimeSpan OfChildren()
    {
        Span<long> usage = stackalloc long[32];
        _ = GetUsage(-1, usage);
        return TimeSpan.FromSeconds(usage[0] + usage[2] + (usage[1] + usage[3]) * 1e-6);
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, Span<long> usage);

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string library, int flags);

    /// <summary>Loads a library whose names go before those of libraries loaded later.</summary>
    public static void LoadBefore(string library)
    {
        if (Open(library, 0x102) == 0)
            throw new InvalidOperationException($"{library} cannot be loaded");
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, Span<long> time);

    /// <summary>Processor seconds of this thread: what others do on the machine is not in it.</summary>
    public static double ThreadSeconds()
    {
        Span<long> time = stackalloc long[2];
        _ = ClockGetTime(3, time);
        return time[0] + time[1] * 1e-9;
    }
}
