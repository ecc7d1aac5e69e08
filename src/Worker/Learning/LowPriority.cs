using System.Runtime.InteropServices;

namespace Cea.Worker.Learning;

/// <summary>Runs work on a thread of its own that the system prefers every other one to.</summary>
internal static partial class LowPriority
{
    private const int Process = 0, Calling = 0, Nicest = 19;

    public static async Task RunAsync(Action work)
    {
        var task = new Task(work);
        // Thread.Priority has no effect on Linux, where niceness belongs to a thread, and threads that it starts inherit it. So this one must never be the one that wakes the
        // thread pool: another thread waits for its end, and goes on from there.
        await Task.Run(() =>
        {
            var thread = new Thread(() =>
            {
                if (OperatingSystem.IsLinux())
                    _ = SetPriority(Process, Calling, Nicest);
                task.RunSynchronously(TaskScheduler.Default);
            })
            { IsBackground = true };
            thread.Start();
            thread.Join();
        });
        await task; // ended: what it threw travels
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int niceness);
}
