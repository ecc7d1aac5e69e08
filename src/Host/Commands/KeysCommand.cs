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
        rotate.SetAction(async (_, ct) =>
        {
            await using var deployment = await CommandLine.OpenAsync(ct);
            if (deployment.Settings.KeysText is not null)
                throw new InvalidOperationException("the keys are given in the setting itself: put them into a file, so that the new one can be written");
            // An earlier run that was stopped has left its new key in the file: more than one key means that it is to be finished.
            var keys = deployment.Keys.Count > 1 ? deployment.Keys : deployment.Keys.WithNewKey();
            await Deployment.WriteKeysAsync(deployment.Settings.KeysFile, keys, ct);
            Console.WriteLine("the new key is written; Hosts that run must be restarted now to seal with it (they still read everything)");
            var total = await new KeyRotation(deployment.ConnectionString).RunAsync(keys, Console.WriteLine, ct);
            await Deployment.WriteKeysAsync(deployment.Settings.KeysFile, keys.WithoutOldKeys(), ct);
            Console.WriteLine($"{total} values are sealed with the new key; the old one is gone from the file");
            return CommandLine.Done;
        });
        return new Command("keys", "the master keys") { fresh, rotate };
    }
}
