using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Nestvisor.Api;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;
using Nestvisor.Management.Machines;
using Nestvisor.Management.Networks;
using Nestvisor.Management.Transfers;

namespace Nestvisor.Management.Hosting;

/// <summary>The part of the HTTP interface that is about the host and virtual machines.</summary>
internal sealed class MachineEndpoints(MachineRegistry registry, MachineImports imports, ManagedHost host)
{
    /// <summary>Longest wait that one question can ask for.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        _ = routes.MapGet("/v1/host", GetHostAsync);
        _ = routes.MapPatch("/v1/host", ChangeHostAsync);
        _ = routes.MapGet("/v1/machines", ListAsync);
        _ = routes.MapPost("/v1/machines", CreateAsync);
        _ = routes.MapGet("/v1/machines/{id:guid}", (RequestDelegate)(context => Bodies.AnswerMachineAsync(context, Changeable(context))));
        _ = routes.MapPatch("/v1/machines/{id:guid}", ChangeAsync);
        _ = routes.MapDelete("/v1/machines/{id:guid}", RemoveAsync);
        _ = routes.MapPost("/v1/machines/{id:guid}/disks", AddDiskAsync);
        _ = routes.MapPatch("/v1/machines/{id:guid}/disks/{type}/{number:int}/{location:int}", ChangeDiskAsync);
        _ = routes.MapDelete("/v1/machines/{id:guid}/disks/{type}/{number:int}/{location:int}", RemoveDiskAsync);
        _ = routes.MapPost("/v1/machines/{id:guid}/scsi-controllers", (RequestDelegate)(context => ChangeAsync(context, DriveRules.AddScsiController)));
        _ = routes.MapDelete("/v1/machines/{id:guid}/scsi-controllers/{number:int}", RemoveScsiControllerAsync);
        _ = routes.MapPost("/v1/machines/{id:guid}/adapters", AddAdapterAsync);
        _ = routes.MapPatch("/v1/machines/{id:guid}/adapters/{adapter:guid}", ChangeAdapterAsync);
        _ = routes.MapDelete("/v1/machines/{id:guid}/adapters/{adapter:guid}", RemoveAdapterAsync);
        _ = routes.MapGet("/v1/machines/{id:guid}/adapters/{adapter:guid}/counters", GetAdapterCountersAsync);
        _ = routes.MapGet("/v1/machines/{id:guid}/wait", WaitAsync);
        _ = routes.MapGet("/v1/machines/{id:guid}/statistics", GetStatisticsAsync);
        MapOperation(routes, MachineOperation.Start, static (machine, cancellation) => machine.StartAsync(cancellation));
        MapOperation(routes, MachineOperation.Stop, static (machine, cancellation) => machine.TurnOffAsync(cancellation));
        MapOperation(routes, MachineOperation.Save, static (machine, cancellation) => machine.SaveAsync(cancellation));
        _ = routes.MapPost("/v1/machines/{id:guid}/discard", DiscardAsync);
        MapOperation(routes, MachineOperation.Shutdown, static (machine, cancellation) =>
            machine.OperateAsync(WorkerMethod.Shutdown, "shut down", MachineState.Running, cancellation));
        MapOperation(routes, MachineOperation.Reset, static (machine, cancellation) =>
            machine.OperateAsync(WorkerMethod.Reset, "restarted", MachineState.Running, cancellation));
        MapOperation(routes, MachineOperation.Pause, static (machine, cancellation) =>
            machine.OperateAsync(WorkerMethod.Pause, "suspended", MachineState.Running, cancellation));
        MapOperation(routes, MachineOperation.Resume, static (machine, cancellation) =>
            machine.OperateAsync(WorkerMethod.Resume, "resumed", MachineState.Paused, cancellation));
    }

    private void MapOperation(IEndpointRouteBuilder routes, MachineOperation operation, Func<ManagedMachine, CancellationToken, Task> action) =>
        routes.MapPost($"/v1/machines/{{id:guid}}/{operation.ToString().ToLowerInvariant()}", (RequestDelegate)(async context =>
        {
            ManagedMachine machine = Machine(context);
            await action(machine, context.RequestAborted).ConfigureAwait(false);
            await Bodies.AnswerMachineAsync(context, machine).ConfigureAwait(false);
        }));

    private Task GetHostAsync(HttpContext context) => Bodies.AnswerAsync(context, host.Describe(), ApiJsonContext.Default.HostInfo);

    private async Task ChangeHostAsync(HttpContext context)
    {
        host.Change(await Bodies.ReadAsync(context, ApiJsonContext.Default.ChangeHostRequest).ConfigureAwait(false));
        await GetHostAsync(context).ConfigureAwait(false);
    }

    private async Task ListAsync(HttpContext context) => await Bodies.AnswerAsync(
        context,
        await registry.DescribeAllAsync(context.RequestAborted).ConfigureAwait(false),
        ApiJsonContext.Default.IReadOnlyListMachineInfo).ConfigureAwait(false);

    private async Task CreateAsync(HttpContext context)
    {
        CreateMachineRequest request = await Bodies.ReadAsync(context, ApiJsonContext.Default.CreateMachineRequest).ConfigureAwait(false);
        await Bodies.AnswerMachineAsync(context, await registry.CreateAsync(request, context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task ChangeAsync(HttpContext context)
    {
        ChangeMachineRequest request = await Bodies.ReadAsync(context, ApiJsonContext.Default.ChangeMachineRequest).ConfigureAwait(false);
        await ChangeAsync(context, (old, state) => MachineRules.Change(old, request, state)).ConfigureAwait(false);
    }

    private async Task ChangeAsync(HttpContext context, Func<MachineConfiguration, MachineState, MachineConfiguration> change)
    {
        IChangeableMachine machine = Changeable(context);
        await machine.ChangeAsync(change, context.RequestAborted).ConfigureAwait(false);
        await Bodies.AnswerMachineAsync(context, machine).ConfigureAwait(false);
    }

    private async Task DiscardAsync(HttpContext context)
    {
        if (Planned(context) is { } plan)
        {
            plan.DiscardSavedState();
        }
        else
        {
            await Machine(context).DiscardSavedStateAsync(context.RequestAborted).ConfigureAwait(false);
        }

        await Bodies.AnswerMachineAsync(context, Changeable(context)).ConfigureAwait(false);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        if (Planned(context) is { } plan)
        {
            imports.Forget(plan);
        }
        else
        {
            await registry.RemoveAsync(Bodies.Id(context), context.RequestAborted).ConfigureAwait(false);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task AddDiskAsync(HttpContext context)
    {
        AddDiskRequest request = await Bodies.ReadAsync(context, ApiJsonContext.Default.AddDiskRequest).ConfigureAwait(false);
        await ChangeAsync(context, (old, state) => DriveRules.AddDisk(old, request, state)).ConfigureAwait(false);
    }

    private async Task ChangeDiskAsync(HttpContext context)
    {
        ChangeDiskRequest request = await Bodies.ReadAsync(context, ApiJsonContext.Default.ChangeDiskRequest).ConfigureAwait(false);
        await ChangeAsync(
            context,
            (old, state) => DriveRules.ChangeDisk(old, ControllerType(context), Number(context, "number"), Number(context, "location"), request, state)).ConfigureAwait(false);
    }

    private Task RemoveDiskAsync(HttpContext context) => ChangeAsync(
        context,
        (old, state) => DriveRules.RemoveDisk(old, ControllerType(context), Number(context, "number"), Number(context, "location"), state));

    private Task RemoveScsiControllerAsync(HttpContext context) =>
        ChangeAsync(context, (old, state) => DriveRules.RemoveScsiController(old, Number(context, "number"), state));

    private async Task AddAdapterAsync(HttpContext context)
    {
        AddAdapterRequest request = await Bodies.ReadAsync(context, ApiJsonContext.Default.AddAdapterRequest).ConfigureAwait(false);
        await ChangeAsync(context, (old, state) => AdapterRules.Add(old, request, state)).ConfigureAwait(false);
    }

    private async Task ChangeAdapterAsync(HttpContext context)
    {
        ChangeAdapterRequest request = await Bodies.ReadAsync(context, ApiJsonContext.Default.ChangeAdapterRequest).ConfigureAwait(false);
        if (Planned(context) is null)
        {
            ManagedMachine machine = Machine(context);
            await machine.ChangeAdapterAsync(Adapter(context), request, context.RequestAborted).ConfigureAwait(false);
            await Bodies.AnswerMachineAsync(context, machine).ConfigureAwait(false);
        }
        else
        {
            await ChangeAsync(context, (old, state) => AdapterRules.Change(old, Adapter(context), request, state)).ConfigureAwait(false);
        }
    }

    private Task RemoveAdapterAsync(HttpContext context) =>
        ChangeAsync(context, (old, state) => AdapterRules.Remove(old, Adapter(context), state));

    private async Task GetAdapterCountersAsync(HttpContext context) => await Bodies.AnswerAsync(
        context,
        await Machine(context).GetAdapterCountersAsync(Adapter(context), context.RequestAborted).ConfigureAwait(false),
        ApiJsonContext.Default.IReadOnlyDictionaryStringInt64).ConfigureAwait(false);

    private async Task WaitAsync(HttpContext context)
    {
        ManagedMachine machine = Machine(context);
        IQueryCollection query = context.Request.Query;
        if (!Enum.TryParse(query["state"], out MachineState state)
            || !Enum.IsDefined(state)
            || !long.TryParse(query["milliseconds"], NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds)
            || milliseconds > LongestWait.TotalMilliseconds)
        {
            throw ApiException.InvalidArgument($"'{context.Request.QueryString}' does not name a state and a time of at most {LongestWait.TotalMilliseconds} milliseconds.");
        }

        await machine.WaitForStateAsync(state, TimeSpan.FromMilliseconds(milliseconds), context.RequestAborted).ConfigureAwait(false);
        await Bodies.AnswerMachineAsync(context, machine).ConfigureAwait(false);
    }

    private async Task GetStatisticsAsync(HttpContext context) => await Bodies.AnswerAsync(
        context,
        await Machine(context).GetStatisticsAsync(context.RequestAborted).ConfigureAwait(false),
        ApiJsonContext.Default.IReadOnlyDictionaryStringInt64).ConfigureAwait(false);

    private ImportPlan? Planned(HttpContext context) => imports.Find(Bodies.Id(context));

    private static Guid Adapter(HttpContext context) => Guid.Parse((string)context.Request.RouteValues["adapter"]!);

    private static int Number(HttpContext context, string name) => int.Parse((string)context.Request.RouteValues[name]!, CultureInfo.InvariantCulture);

    private static DiskControllerType ControllerType(HttpContext context) =>
        Enum.TryParse((string)context.Request.RouteValues["type"]!, out DiskControllerType type) && Enum.IsDefined(type)
            ? type
            : throw ApiException.InvalidArgument($"'{context.Request.Path}' does not name a kind of disk controller.");

    private IChangeableMachine Changeable(HttpContext context) => Planned(context) ?? (IChangeableMachine)Machine(context);

    private ManagedMachine Machine(HttpContext context) => imports.GetImported(Bodies.Id(context));
}
