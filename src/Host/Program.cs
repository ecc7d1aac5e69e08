using System.CommandLine;
using Cea.Host.Commands;

var root = new RootCommand("Cea: the feedback service of a National Society. Without a command it serves.")
{
    ServeCommand.Create(), MigrateCommand.Create(), DemoCommand.Create(), UserCommand.Create(), ApiKeyCommand.Create(), ImportCommand.Create(), ExportCommand.Create(),
    ClassifyCommand.Create(), ModelCommand.Create(), BackupCommand.Create(), RestoreCommand.Create(), KeysCommand.Create(), DoctorCommand.Create(),
};
return await CommandLine.RunAsync(root, args.Length == 0 ? ["serve"] : args);

/// <summary>Marks the Host's entry for tests.</summary>
public partial class Program;
