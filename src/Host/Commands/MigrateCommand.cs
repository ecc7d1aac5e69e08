using System.CommandLine;
using Cea.Feedback.Storage;

namespace Cea.Host.Commands;

/// <summary>cea migrate: creates or upgrades the schema.</summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var command = new Command("migrate", "create or upgrade the schema; safe to run twice and from two machines at once");
        command.SetAction(async (_, ct) =>
        {
            await using var deployment = await CommandLine.OpenAsync(ct, schema: false);
            await Migrator.MigrateAsync(deployment.ConnectionString, deployment.Keys, name => Console.WriteLine($"applied {name}"), ct);
            await deployment.RefuseOtherKeysAsync(ct);
            Console.WriteLine("the schema is current");
            return CommandLine.Done;
        });
        return command;
    }
}
