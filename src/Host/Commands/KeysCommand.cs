using System.CommandLine;
using Cea.Feedback.Storage;
using Cea.Host.Keeping;

namespace Cea.Host.Commands;

/// <summary>cea keys new|rotate.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE");
        var fresh = new Command("new", "make the key file of a new deployment") { file };
        fresh.SetAction(async (parsed, ct) =>
        {
            var path = Path.GetFullPath(parsed.GetValue(file)!);
            if (File.Exists(path))
                throw new InvalidOperationException($"{path} is there already: keys are never overwritten");
            await Deployment.WriteKeysAsync(path, KeyRing.Create(), ct);
            Console.WriteLine($"set Cea__Keys={path} on every Host, and keep a copy away from this machine and from the backups");
            return CommandLine.Done;
        });
        var rotate = new Command("rotate", "a new key; everything is re-encrypted with it. Resumable");
        rotate.SetAction((_, ct) => RotateAsync(ct));
        return new Command("keys", "the master keys") { fresh, rotate };
    }

    private static async Task<int> RotateAsync(CancellationToken ct)
    {
        await using var deployment = await CommandLine.OpenAsync(ct);
        if (deployment.Settings.KeysText is not null)
            throw new InvalidOperationException("the keys are given in the setting itself: put them into a file, so that the new one can be written");
        var file = deployment.Settings.KeysFile;
        var keys = deployment.Keys;
        // An earlier run that was stopped has left its new key in the file: more than one key means that it is to be finished.
        if (keys.Count == 1)
        {
            var before = $"{file}.{keys.Current}";
            await Deployment.WriteKeysAsync(before, keys, ct);
            keys = keys.WithNewKey();
            await Deployment.WriteKeysAsync(file, keys, ct);
            Console.WriteLine($"the new key is written; the old one stays in {before} for backups made until now: keep it with their keys, delete it with the last of them");
        }
        var rotation = new KeyRotation(deployment.ConnectionString);
        var behind = await rotation.HostsBehindAsync(keys, ct);
        if (behind > 0)
        {
            await Console.Error.WriteLineAsync($"{behind} Hosts still seal with the old key: give them the new key file, restart them, and run `cea keys rotate` again. Nothing is lost meanwhile: the file holds both keys");
            return CommandLine.Failed;
        }
        var done = await rotation.RunAsync(keys, Console.WriteLine, ct);
        if (done.Unreadable > 0)
            Console.WriteLine($"{done.Unreadable} values were left: no key here opens them, they are damaged or of another deployment");
        await Deployment.WriteKeysAsync(file, keys.WithoutOldKeys(), ct);
        Console.WriteLine($"{done.Values} values are sealed with the new key; the old one is gone from {file}");
        return CommandLine.Done;
    }
}
