using System.Text.Json;
using Cea.Feedback.Intake;
using Cea.Worker.Items;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cea.Worker.Tests.Items;

public sealed class AnswerPressesTests
{
    [Fact]
    public async Task A_press_whose_answer_breaks_stops_nobody_else_s()
    {
        var channel = new NotedChannel { BreaksAnswer = new JsonException("what the provider said is no answer") };
        using var presses = new AnswerPresses(NotedChannel.Board(), new ChannelKinds([channel]), NullLogger<AnswerPresses>.Instance, TimeProvider.System);
        await presses.StartAsync(CancellationToken.None);
        presses.Queue(new("line", "first"));
        presses.Queue(new("gone", "of no line"));
        presses.Queue(new("line", "second"));

        await NotedChannel.UntilAsync(() => Task.FromResult(!channel.Answered.IsEmpty), "the second press");

        channel.Answered.ShouldBe(["second"]);
        presses.ExecuteTask!.IsCompleted.ShouldBeFalse();
        await presses.StopAsync(CancellationToken.None);
    }
}
