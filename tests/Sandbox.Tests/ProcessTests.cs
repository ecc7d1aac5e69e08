using System.Diagnostics;

namespace Cea.Sandbox.Tests;

/// <summary>The sandbox as its own process, the way the service starts it.</summary>
public sealed class ProcessTests
{
    private static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "cea-sandbox.dll"), .. arguments])
    {
        RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath(),
    })!;

    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task It_says_in_one_line_that_it_is_ready_and_ends_with_the_process_that_started_it()
    {
        using var parent = Process.Start(new ProcessStartInfo("sleep", ["60"]))!;
        using var sandbox = Start("--urls", "http://127.0.0.1:0", $"--Sandbox:ParentPid={parent.Id}");
        var line = await sandbox.StandardOutput.ReadLineAsync(Limit);
        line.ShouldNotBeNull().ShouldMatch(@"^cea-sandbox ready: http://127\.0\.0\.1:\d+/sandbox$");

        parent.Kill();
        await sandbox.WaitForExitAsync(Limit);
        sandbox.ExitCode.ShouldBe(0);
        (await sandbox.StandardOutput.ReadToEndAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--urls=http://0.0.0.0:5055", "loopback only")]
    [InlineData("--Sandbox:Accounts:0:Kind=telegram", "BotToken is needed")]
    public async Task A_wrong_setting_ends_it_with_one_line(string setting, string said)
    {
        using var sandbox = Start(setting);
        var errors = await sandbox.StandardError.ReadToEndAsync(Limit);
        await sandbox.WaitForExitAsync(Limit);
        sandbox.ExitCode.ShouldBe(2);
        errors.Trim().ShouldContain(said);
        errors.Trim().Split('\n').Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_port_in_use_ends_it_with_one_line()
    {
        await using var other = new Webhook();
        await other.StartAsync();
        using var sandbox = Start("--urls", other.Url);
        var errors = await sandbox.StandardError.ReadToEndAsync(Limit);
        await sandbox.WaitForExitAsync(Limit);
        sandbox.ExitCode.ShouldBe(1);
        errors.Trim().Split('\n').Length.ShouldBe(1);
    }
}
