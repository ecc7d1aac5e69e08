using System.Security.Cryptography;
using Cea.Feedback.Media;
using Cea.Host.Media;

namespace Cea.Host.Keeping;

/// <summary>The part of the doctor that looks at where files lie, who scans them and who hears them.</summary>
internal static class FilesCheck
{
    private static readonly TimeSpan Fresh = TimeSpan.FromDays(7), Patience = TimeSpan.FromSeconds(30);

    public static async Task<IReadOnlyList<Doctor.Finding>> LookAsync(IConfiguration configuration, Deployment deployment, TimeProvider clock, CancellationToken ct) =>
        [await StoreAsync(MediaStores.Of(configuration, deployment.Settings), deployment, clock, ct), await ScannerAsync(new VirusScan(configuration), clock, ct), await SpeechAsync(configuration, ct)];

    /// <summary>How many files lie outside of the database.</summary>
    public static Task<long> OutsideAsync(Deployment deployment, CancellationToken ct) => CountAsync(deployment, "select count(*) from media where place is not null", ct);

    private static async Task<Doctor.Finding> StoreAsync(IMediaStore? store, Deployment deployment, TimeProvider clock, CancellationToken ct)
    {
        const string what = "files";
        var outside = await OutsideAsync(deployment, ct);
        if (store is null)
        {
            var gone = await CountAsync(deployment, "select count(*) from media_gone", ct);
            return outside + gone == 0 ? new(what, true, "kept in the database")
                : new(what, false, $"{outside + gone} files lie in a media store, but {MediaStores.Setting} is not set: nobody can open them, and what is erased is not taken away there");
        }
        try
        {
            if (await Task.Run(() => TryAsync(store, ct), ct).WaitAsync(Patience, ct) is { } wrong) // a share that hangs listens to nobody
                return new(what, false, $"{store.Where}{wrong}");
        }
        catch (Exception away) when (away is IOException or TimeoutException)
        {
            return new(what, false, $"{(away is IOException ? away.Message : $"{store.Where} does not answer")}. {await CountAsync(deployment, "select count(*) from media where state = 'pending' and error = 'store_away'", ct)} files wait until it is back; messages come in as ever");
        }
        await using var late = deployment.Databases.Worker.CreateCommand("select count(*) from media_gone where due_at < $1");
        late.Parameters.Add(new() { Value = clock.GetUtcNow().AddHours(-1).UtcDateTime });
        return await late.ExecuteScalarAsync(ct) is long behind and > 0
            ? new(what, false, $"{behind} files that are erased or too old still lie in {store.Where}: is a Host with the role worker running, with {MediaStores.Setting} set?")
            : new(what, true, $"{outside} in {store.Where}; `cea backup` does not take them along: copy it on its own");
    }

    private static async Task<string?> TryAsync(IMediaStore store, CancellationToken ct)
    {
        var (name, content) = (IMediaStore.NewName(), RandomNumberGenerator.GetBytes(64));
        await store.WriteAsync(name, content, ct);
        var back = await store.ReadAsync(name, ct);
        await store.DeleteAsync(name, ct);
        if (back is null || !back.AsSpan().SequenceEqual(content))
            return " does not give back what was written there";
        return await store.WarningAsync(ct) is { } warning ? $": {warning}" : null;
    }

    private static async Task<long> CountAsync(Deployment deployment, string sql, CancellationToken ct)
    {
        await using var command = deployment.Databases.Worker.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task<Doctor.Finding> ScannerAsync(VirusScan scan, TimeProvider clock, CancellationToken ct)
    {
        const string what = "virus scanner";
        if (!scan.IsSet)
            return new(what, true, "none: files that people send are not scanned for viruses; with ClamAV at hand set Cea:ClamAv to host:port or its socket");
        try
        {
            var state = await scan.ExamineAsync(ct);
            if (!state.FindsTest)
                return new(what, false, $"{state.Version} does not find the EICAR test file: it lets everything pass. Run freshclam, then start it again");
            if (state.SignaturesOf is not { } of)
                return new(what, false, $"{state.Version} does not say how old its signatures are: run freshclam, then start it again");
            var age = clock.GetUtcNow().UtcDateTime - of;
            return age > Fresh ? new(what, false, $"{state.Version} has signatures of {age.Days} days ago: newer viruses pass. Is freshclam running?") : new(what, true, $"{state.Version}, signatures of {of:yyyy-MM-dd}, finds the EICAR test file");
        }
        catch (IOException away)
        {
            return new(what, false, $"{away.Message}: no file is kept until it answers. Is clamd running, and Cea:ClamAv right?");
        }
    }

    private static async Task<Doctor.Finding> SpeechAsync(IConfiguration configuration, CancellationToken ct)
    {
        const string what = "speech to text";
        using var server = SpeechToText.Of(configuration, Patience);
        if (server is null)
            return new(what, true, "none: officers type what recordings say; with an engine inside the deployment set Cea:SpeechToText:Url and Model");
        var hearing = await server.HearAsync(Silence(), "audio/wav", "en", ct);
        return hearing.Match<Doctor.Finding>(
            _ => new(what, true, $"{server.Where} answers"),
            code => new(what, false, $"{server.Where} could not hear one second of silence ({code}): officers type meanwhile"),
            code => new(what, false, $"{server.Where} does not take one second of silence as WAV ({code}): is Cea:SpeechToText:Model one of its models?"),
            code => new(what, false, $"{server.Where} {(code is "http_401" or "http_403" ? $"refuses us ({code}): is Cea:SpeechToText:Key right?" : $"does not answer as a speech server does ({code}): is it running, and Cea:SpeechToText:Url right?")} Officers type meanwhile"));
    }

    // One second, 16 bits, 8 kHz (RIFF WAVE).
    private static byte[] Silence()
    {
        const int rate = 8000, bytes = rate * 2;
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("RIFF"u8);
        writer.Write(36 + bytes);
        writer.Write("WAVEfmt "u8);
        writer.Write(16);
        writer.Write((short)1);
        writer.Write((short)1);
        writer.Write(rate);
        writer.Write(bytes);
        writer.Write((short)2);
        writer.Write((short)16);
        writer.Write("data"u8);
        writer.Write(bytes);
        writer.Write(new byte[bytes]);
        return file.ToArray();
    }
}
