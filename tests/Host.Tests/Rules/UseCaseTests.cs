using System.Runtime.CompilerServices;
using Cea.Feedback.Officers;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Host.Tests.Rules;

/// <summary>Whatever an officer asks for declares the right it needs, and is answered by one handler that asks for nothing more itself.</summary>
public sealed class UseCaseTests
{
    private static readonly IReadOnlyList<(Type Handler, Type Request, Type Result)> Handlers =
        [.. typeof(IUseCase).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false, IsGenericTypeDefinition: false })
            .SelectMany(t => t.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequestHandler<,>)).Select(i => (t, i.GenericTypeArguments[0], i.GenericTypeArguments[1])))];

    [Fact]
    public void Every_request_declares_a_right_and_reads_or_writes()
    {
        Handlers.Count.ShouldBeGreaterThan(15);
        foreach (var (_, request, result) in Handlers)
        {
            request.IsAssignableTo(typeof(IUseCase)).ShouldBeTrue($"{request.Name} declares a right");
            (request.IsAssignableTo(typeof(IRead<>).MakeGenericType(result)) ^ request.IsAssignableTo(typeof(IWrite<>).MakeGenericType(result))).ShouldBeTrue($"{request.Name} is a read or a write");
            var needs = ((IUseCase)RuntimeHelpers.GetUninitializedObject(request)).Needs;
            Enum.IsDefined(needs).ShouldBeTrue($"{request.Name} needs {needs}");
        }
    }

    [Fact]
    public void Every_use_case_has_one_handler()
    {
        var requests = typeof(IUseCase).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IUseCase)));
        requests.Where(r => Handlers.Count(h => h.Request == r) != 1).Select(r => r.Name).ShouldBeEmpty();
    }

    [Fact]
    public void Handlers_send_no_requests() =>
        Handlers.Where(h => h.Handler.GetConstructors().SelectMany(c => c.GetParameters()).Any(p => p.ParameterType.IsAssignableTo(typeof(IMediator)) || p.ParameterType == typeof(ServiceFactory))).Select(h => h.Handler.FullName).ShouldBeEmpty();

    [Fact]
    public void The_start_up_check_accepts_them_all_and_registers_each()
    {
        var services = new ServiceCollection().AddUseCases();
        Handlers.Select(h => typeof(IRequestHandler<,>).MakeGenericType(h.Request, h.Result)).ShouldAllBe(h => services.Count(s => s.ServiceType == h) == 1);
        services.Count(s => s.ServiceType == typeof(IPipelineBehavior<,>)).ShouldBe(2);
    }

    [Fact]
    public void What_erases_or_reveals_is_not_open_to_every_signed_in_officer()
    {
        var open = Handlers.Where(h => ((IUseCase)RuntimeHelpers.GetUninitializedObject(h.Request)).Needs == Right.SignedIn && h.Request.IsAssignableTo(typeof(IWrite<>).MakeGenericType(h.Result))).Select(h => h.Request.Name).ToList();
        open.ShouldNotContain(n => n.Contains("Reveal", StringComparison.Ordinal) || n.Contains("Erase", StringComparison.Ordinal) || n.Contains("Circle", StringComparison.Ordinal));
    }
}
