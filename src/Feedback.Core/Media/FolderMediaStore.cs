namespace Cea.Feedback.Media;

/// <summary>Files in a folder that all Hosts share, two levels deep so that no folder grows large. A folder that is not there is a share that is not mounted: it is never made here.</summary>
public sealed class FolderMediaStore(string folder) : IMediaStore
{
    private const int MostAtOnce = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private int _asking;

    public string Where => $"the folder {folder}";

    public Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct) => AskAsync(async () =>
    {
        var file = FileOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var making = $"{file}.part";
        await using (var stream = new FileStream(making, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.Asynchronous, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            await stream.WriteAsync(content, ct);
            stream.Flush(flushToDisk: true);
        }
        File.Move(making, file, overwrite: true);
        return true;
    });

    public Task<byte[]?> ReadAsync(string name, CancellationToken ct) => AskAsync<byte[]?>(async () =>
    {
        try
        {
            return await File.ReadAllBytesAsync(FileOf(name), ct);
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    });

    public Task DeleteAsync(string name, CancellationToken ct) => AskAsync(() =>
    {
        try
        {
            File.Delete(FileOf(name)); // no question first: a share that errs says of every file that it is not there
            File.Delete($"{FileOf(name)}.part");
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever written beside it.
        }
        return Task.FromResult(true);
    });

    public Task<string?> WarningAsync(CancellationToken ct) => AskAsync(() => Task.FromResult<string?>(null));

    // A share that hangs listens to no token: what is asked of it is left behind after a while, and no more than so many are left behind.
    private async Task<T> AskAsync<T>(Func<Task<T>> act)
    {
        if (Interlocked.Increment(ref _asking) > MostAtOnce)
        {
            Interlocked.Decrement(ref _asking);
            throw new IOException($"the folder {folder} does not answer");
        }
        var asked = Task.Run(async () =>
        {
            try
            {
                return Directory.Exists(folder) ? await act() : throw new IOException($"the folder {folder} is not there: is the share mounted?");
            }
            finally
            {
                Interlocked.Decrement(ref _asking);
            }
        });
        try
        {
            return await asked.WaitAsync(Patience);
        }
        catch (TimeoutException hangs)
        {
            throw new IOException($"the folder {folder} does not answer", hangs);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException($"the service's user may not write in the folder {folder}", refused);
        }
    }

    private string FileOf(string name) => Path.Combine(folder, IMediaStore.PathOf(name));
}
