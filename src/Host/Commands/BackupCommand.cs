using System.CommandLine;
using Cea.Feedback.Storage;
using Cea.Host.Keeping;
using Cea.Host.Media;

namespace Cea.Host.Commands;

/// <summary>cea backup DIR: written from one snapshot, then checked by restoring it into a throwaway database.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var directory = new Argument<string>("DIR");
        var command = new Command("backup", "a backup into an empty folder, checked by restoring it") { directory };
        command.SetAction(async (parsed, ct) =>
        {
            await using var deployment = await CommandLine.OpenAsync(ct);
            var configuration = CommandLine.Configuration();
            var backup = new Backup(deployment.ConnectionString, deployment.Keys);
            var manifest = await backup.WriteAsync(parsed.GetValue(directory)!, _ => { }, ct);
            await backup.CheckAsync(parsed.GetValue(directory)!, _ => { }, ct);
            var keys = deployment.Settings.KeysText is null ? deployment.Settings.KeysFile : "a copy of Cea:Keys";
            Console.WriteLine($"{manifest.Rows} rows of {manifest.Tables.Count} tables, restored into a throwaway database and compared. The keys are not in it: keep {keys} apart.");
            if (await FilesCheck.OutsideAsync(deployment, ct) is var files and > 0)
                Console.WriteLine($"{files} files are not in it: they lie, sealed, in {MediaStores.Of(configuration, deployment.Settings)?.Where ?? "a media store that is not set now"}. Copy that on its own, after each backup; what was erased can be read in no copy.");
            return CommandLine.Done;
        });
        return command;
    }
}

/// <summary>cea restore DIR: into a new database, with the erasures since made again before anybody sees a page.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var directory = new Argument<string>("DIR");
        var then = new Option<string?>("--keys") { Description = "the key file of when the backup was made, if the keys were rotated since" };
        var command = new Command("restore", "restore a backup; the present database is kept under another name") { directory, then };
        command.SetAction(async (parsed, ct) =>
        {
            await using var deployment = await CommandLine.OpenAsync(ct, schema: false);
            var older = parsed.GetValue(then) is { } file ? KeyRing.Parse(await File.ReadAllTextAsync(file, ct)) : null;
            var result = await new Restore(deployment).RunAsync(parsed.GetValue(directory)!, older, _ => { }, ct);
            Console.WriteLine($"{result.Manifest.Rows} rows restored as of {result.Manifest.At:u}; {result.Erasures} erasures made since were made again.{(result.Aside is { } aside ? $" The database before is kept as {aside}: drop it when all is well." : "")}");
            return CommandLine.Done;
        });
        return command;
    }
}
