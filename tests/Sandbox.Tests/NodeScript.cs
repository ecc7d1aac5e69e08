using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace Cea.Sandbox.Tests;

/// <summary>The providers' own libraries, in Node: installed once a test run when they are not there yet.</summary>
public static class NodeScript
{
    public static string Folder { get; } = typeof(NodeScript).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "TestDirectory").Value!;
    private static readonly Lazy<Task> Installed = new(InstallAsync);

    /// <summary>Runs node/NAME.mjs with <paramref name="input"/> and reads the JSON it writes.</summary>
    public static async Task<JsonElement> RunAsync(string name, object input)
    {
        await Installed.Value;
        return JsonDocument.Parse(await ExecuteAsync("node", Path.Combine("node", $"{name}.mjs"), JsonSerializer.Serialize(input))).RootElement;
    }

    /// <summary>A script that needs no library.</summary>
    public static async Task<JsonElement> RunBareAsync(string name, object input) =>
        JsonDocument.Parse(await ExecuteAsync("node", Path.Combine("node", $"{name}.mjs"), JsonSerializer.Serialize(input))).RootElement;

    /// <summary>Starts a program of an installed package, and waits until it says this. Whoever started it ends it.</summary>
    public static async Task<Process> StartAsync(string program, string says, params string[] arguments)
    {
        await Installed.Value;
        var process = Process.Start(new ProcessStartInfo("node", [Path.Combine("node_modules", program), .. arguments]) { WorkingDirectory = Folder, RedirectStandardOutput = true })!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.Contains(says, StringComparison.Ordinal))
                continue;
            _ = process.StandardOutput.ReadToEndAsync();
            return process;
        }
        await process.WaitForExitAsync();
        throw new InvalidOperationException($"{program} ended before it said \"{says}\"");
    }

    private static async Task InstallAsync()
    {
        var stamp = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
        if (stamp.Exists && stamp.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
            return;
        await ExecuteAsync("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
    }

    private static async Task<string> ExecuteAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        process.ExitCode.ShouldBe(0, $"{program} {arguments[0]}: {await errors}{await output}");
        return await output;
    }
}
